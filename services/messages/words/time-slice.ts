import { setImmediate as nextTurn } from 'node:timers/promises'

/** So long, in ms, a process may do nothing else: about what a message takes from end to end. */
const TURN_MS = 4

/** Does long work a step at a time; what else the process has to do comes in between. */
export async function inTurns<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const until = performance.now() + TURN_MS
    do {
      const step = work.next()
      if (step.done) return step.value
    } while (performance.now() < until)
    await nextTurn()
  }
}

/** What comes of each item, one step each. */
export function eachInTurn<T, R>(items: Iterable<T>, work: (item: T) => R): Promise<R[]> {
  return inTurns(
    (function* () {
      const results: R[] = []
      for (const item of items) {
        results.push(work(item))
        yield
      }
      return results
    })(),
  )
}
