import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long one slice may block the event loop, in ms: about what a message takes from end to end. */
const SLICE_MS = 4

/** Runs long work one step at a time and yields to the event loop after each slice. */
export async function runInSlices<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const until = performance.now() + SLICE_MS
    do {
      const step = work.next()
      if (step.done) return step.value
    } while (performance.now() < until)
    await nextTurn()
  }
}

/** Like `Array.map`, one step per item. */
export function mapInSlices<T, R>(items: readonly T[], convert: (item: T) => R): Promise<R[]> {
  return runInSlices(
    (function* () {
      const results: R[] = []
      for (const item of items) {
        results.push(convert(item))
        yield
      }
      return results
    })(),
  )
}
