import { setTimeout as delay } from 'node:timers/promises'
import { KeyedQueue } from '@chat/contract/keyed-queue'

/** Runs bulk work one piece at a time with rests in between: the slower a piece is, the longer is its rest. */
export class DutyCycle {
  private readonly queue = new KeyedQueue()
  private readonly rest: number

  /** @param rest the length of a rest, in durations of the piece before */
  constructor(rest: number) {
    this.rest = rest
  }

  /** Resolves with the piece's outcome, before the rest. */
  run<T>(piece: () => Promise<T>): Promise<T> {
    const done = Promise.withResolvers<T>()
    void this.queue.run('pieces', async () => {
      const began = performance.now()
      done.resolve(piece())
      await done.promise.catch(() => {})
      await delay((performance.now() - began) * this.rest)
    })
    return done.promise
  }
}
