import { untraced } from '../telemetry/tracing.ts'

type Options<T> = {
  /** Handles one batch, oldest item first. The next batch waits until it has resolved. */
  run: (batch: T[]) => Promise<void>
  /** Gets the error and the batch when `run` throws or rejects. The queue continues with the next batch. */
  failed: (error: unknown, batch: T[]) => void
  maxBatch?: number
  /** The shortest time from the start of one batch to the start of the next, unless a whole one waits. */
  paceMs?: number
}

/** Runs one batch at a time, outside of any trace; items added meanwhile form the next one. The first runs at once. */
export class BatchQueue<T> {
  private readonly options: Options<T>
  private waiting: T[] = []
  private running: Promise<void> | null = null
  private shrinking = Promise.withResolvers<void>()
  private filling = Promise.withResolvers<void>()
  private isHurried = false

  constructor(options: Options<T>) {
    this.options = options
  }

  add(...items: T[]) {
    this.waiting.push(...items)
    if (this.isFull) this.filling.resolve()
    this.start()
  }

  /** What waits now does not wait for the pace. */
  hurry() {
    this.isHurried = true
    this.filling.resolve()
  }

  putBack(items: readonly T[]) {
    this.waiting = [...items, ...this.waiting]
    this.start()
  }

  /** Removes waiting items, in their order: all of them, or those that match. */
  take(matches: (item: T) => boolean = () => true): T[] {
    const taken = this.waiting.filter(matches)
    this.waiting = this.waiting.filter((item) => !matches(item))
    this.shrink()
    return taken
  }

  /** Resolves when fewer than `limit` items wait. */
  async below(limit: number) {
    while (this.waiting.length >= limit) await this.shrinking.promise
  }

  /** Resolves when nothing waits or runs, the pace after the last batch included. */
  async idle() {
    while (this.running) await this.running
  }

  private get isFull() {
    return this.waiting.length >= (this.options.maxBatch ?? Number.POSITIVE_INFINITY)
  }

  /** Until a time, or until a whole batch waits. */
  private async wait(until: number) {
    this.filling = Promise.withResolvers<void>()
    if (this.isFull || this.isHurried) return
    const timer = setTimeout(this.filling.resolve, Math.max(0, until - performance.now()))
    await this.filling.promise
    clearTimeout(timer)
  }

  private shrink() {
    this.shrinking.resolve()
    this.shrinking = Promise.withResolvers<void>()
  }

  private start() {
    if (this.running || this.waiting.length === 0) return
    // Set before the first batch, which may add items itself.
    const done = Promise.withResolvers<void>()
    this.running = done.promise
    void untraced(() => this.work()).then(done.resolve)
  }

  private async work() {
    const { run, failed, maxBatch = Number.POSITIVE_INFINITY, paceMs = 0 } = this.options
    while (this.waiting.length > 0) {
      const begun = performance.now()
      const batch = this.waiting.splice(0, maxBatch)
      this.isHurried = false
      this.shrink()
      await Promise.try(run, batch).catch((error) => failed(error, batch))
      if (paceMs > 0) await this.wait(begun + paceMs)
    }
    this.running = null
  }
}
