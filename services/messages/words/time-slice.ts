import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long one slice may block the event loop, in ms: about what a message takes from end to end. */
const SLICE_MS = 4

/** Runs long work one step at a time and yields to the event loop after each slice. */
export async function runInSlices(work: Iterator<unknown>): Promise<void> {
  for (;;) {
    const until = performance.now() + SLICE_MS
    do {
      if (work.next().done) return
    } while (performance.now() < until)
    await nextTurn()
  }
}

/** Like `Array.map`, one step per item. */
export async function mapInSlices<T, R>(items: readonly T[], convert: (item: T) => R): Promise<R[]> {
  const results: R[] = []
  await runInSlices(items.values().map((item) => results.push(convert(item))))
  return results
}
