import { setTimeout as delay } from 'node:timers/promises'
import { writeRecord } from './record.ts'
import { type Running, type RunOptions, run } from './run.ts'

type ChildOptions = RunOptions & { log: (line: string) => void }

const longestPauseMs = 10_000
/** An engine that ran this long is restarted without a pause. */
const steadyMs = 30_000

/** An engine that is restarted on the same port whenever it dies, until `close`. */
export class Child {
  #options: ChildOptions
  #running: Running | undefined
  #closing = new AbortController()
  #watching: Promise<void> | undefined

  constructor(options: ChildOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#running?.pid
  }

  get port(): number {
    return this.#options.port
  }

  get url(): string {
    return this.#options.launch.url
  }

  /** Resolves when the engine answers. @throws with the end of its log where it does not start */
  async start(): Promise<void> {
    const first = run(this.#options, this.#closing.signal)
    this.#watching = first.then(
      (running) => this.#keepAlive(running),
      () => undefined,
    )
    await first
  }

  /** Resolves when the process has ended: SIGTERM first, SIGKILL after four seconds. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#watching
    const { recordFile, port } = this.#options
    writeRecord(recordFile, { port })
  }

  async #keepAlive(first: Running): Promise<void> {
    let running: Running | undefined = first
    for (let failures = 0; ; ) {
      this.#running = running
      const began = Date.now()
      const how = await running?.exited
      this.#running = undefined
      if (this.#closing.signal.aborted) return
      failures = running && Date.now() - began > steadyMs ? 0 : failures + 1
      await this.#pause(how, failures)
      running = await this.#restart()
    }
  }

  async #pause(how: string | undefined, failures: number): Promise<void> {
    const { title, port, log } = this.#options
    const pause = failures > 1 ? Math.min(50 * 2 ** failures, longestPauseMs) : 0
    const died = how === undefined ? '' : `died (${how}); `
    log(`${title} ${died}starting it again on port ${port}${pause > 0 ? ` in ${pause} ms` : ''}`)
    await delay(pause, undefined, { signal: this.#closing.signal }).catch(() => undefined)
  }

  async #restart(): Promise<Running | undefined> {
    const { title, log } = this.#options
    const closing = this.#closing.signal
    if (closing.aborted) return undefined
    try {
      const running = await run(this.#options, closing)
      log(`${title} is back`)
      return running
    } catch (error) {
      if (!closing.aborted) log((error as Error).message)
      return undefined
    }
  }
}
