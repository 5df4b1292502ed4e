import { fork } from 'node:child_process'
import { once } from 'node:events'

type Calls = { [name: string]: (input: never) => Promise<unknown> }
type Call = { id: number; name: string; input: unknown }
type Answer = { id: number; output?: unknown; error?: string }

export type Child<C extends Calls> = {
  ask: <K extends keyof C & string>(name: K, input: Parameters<C[K]>[0]) => ReturnType<C[K]>
  close: () => Promise<void>
  pid: number
}

/** Starts a process that answers the calls of `C`. `folder`: the benchmark's folder, of this revision or another. */
export function startChild<C extends Calls>(
  file: string,
  execArgv: string[] = [],
  folder = new URL('.', import.meta.url),
): Child<C> {
  const child = fork(new URL(file, folder), { execArgv, cwd: new URL('..', folder) })
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let lastId = 0
  child.on('message', ({ id, output, error }: Answer) => {
    if (error === undefined) waiting.get(id)?.resolve(output)
    else waiting.get(id)?.reject(new Error(`${file}: ${error}`))
    waiting.delete(id)
  })
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended (${signal ?? code})`))
  })
  const exited = once(child, 'exit')
  return {
    ask: (name, input) => {
      const answer = Promise.withResolvers<unknown>()
      waiting.set(++lastId, answer)
      child.send({ id: lastId, name, input } satisfies Call)
      return answer.promise as never
    },
    close: async () => {
      if (child.connected) child.disconnect()
      await exited
    },
    pid: child.pid ?? 0,
  }
}

/** The child's side. When the parent disconnects or exits, `close` runs and the process ends. */
export function answerParent(calls: Calls, close: () => Promise<void>) {
  process.on('message', async ({ id, name, input }: Call) => {
    const answer: Answer = { id }
    try {
      answer.output = await calls[name]?.(input as never)
    } catch (error) {
      answer.error = error instanceof Error ? (error.stack ?? error.message) : String(error)
    }
    if (process.connected) process.send?.(answer)
  })
  process.once('disconnect', () => close().finally(() => process.exit()))
  // Ctrl-C reaches the whole process group; the parent ends its children in order.
  process.on('SIGINT', () => {})
}
