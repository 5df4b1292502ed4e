import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long one slice may block the event loop, in ms: about what a message takes from end to end. */
const SLICE_MS = 4

/** `Array.map` for long work: yields to the event loop after each slice. */
export async function mapInSlices<T, R>(items: readonly T[], convert: (item: T) => R): Promise<R[]> {
  const results: R[] = []
  let until = performance.now() + SLICE_MS
  for (const item of items) {
    results.push(convert(item))
    if (performance.now() < until) continue
    await nextTurn()
    until = performance.now() + SLICE_MS
  }
  return results
}
