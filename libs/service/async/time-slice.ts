import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long one slice may block the event loop, in ms: about what a message takes from end to end. */
const SLICE_MS = 4

/** For long work: `if (slice.isOver) await slice.next()` between its steps lets others use the event loop. */
export class TimeSlice {
  private until = performance.now() + SLICE_MS

  get isOver() {
    return performance.now() >= this.until
  }

  async next() {
    await nextTurn()
    this.until = performance.now() + SLICE_MS
  }
}

/** `Array.map` for long work: yields to the event loop after each slice. */
export async function mapInSlices<T, R>(items: readonly T[], convert: (item: T) => R): Promise<R[]> {
  const results: R[] = []
  const slice = new TimeSlice()
  for (const item of items) {
    results.push(convert(item))
    if (slice.isOver) await slice.next()
  }
  return results
}
