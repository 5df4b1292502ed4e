import { setTimeout as delay } from 'node:timers/promises'
import { KeyedQueue } from '@chat/contract/keyed-queue'

/**
 * Bulk work, one piece at a time and with rests in between: what shares disks and processors with it, first of all
 * messages, is not kept waiting. Where everything is slow the rests are long.
 */
export class DutyCycle {
  private readonly lanes = new KeyedQueue()
  private readonly rest: number

  /** @param rest how many times as long as a piece took one rests after it */
  constructor(rest: number) {
    this.rest = rest
  }

  /** The piece's own outcome, before the rest. */
  run<T>(piece: () => Promise<T>): Promise<T> {
    const done = Promise.withResolvers<T>()
    void this.lanes.run('pieces', async () => {
      const began = performance.now()
      try {
        done.resolve(await piece())
      } catch (error) {
        done.reject(error)
      }
      await delay((performance.now() - began) * this.rest)
    })
    return done.promise
  }
}
