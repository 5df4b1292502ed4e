import { setTimeout as delay } from 'node:timers/promises'
import { Lanes } from '@chat/service'

/** How long one rests after a transfer, measured by the transfer: where everything is slow, the rests are long. */
const REST = 2

/**
 * Transfers of many bytes, one at a time and with rests in between: what shares disks and processors with them, first
 * of all messages, is not kept waiting.
 */
export class Pacing {
  private readonly lanes = new Lanes()

  run<T>(transfer: () => Promise<T>): Promise<T> {
    const done = Promise.withResolvers<T>()
    void this.lanes.run('transfers', async () => {
      const began = performance.now()
      try {
        done.resolve(await transfer())
      } catch (error) {
        done.reject(error)
      }
      await delay((performance.now() - began) * REST)
    })
    return done.promise
  }
}
