import type { Caller, UserEvents } from '@chat/contract'
import { AnswerCache, type Bus } from '@chat/service'

/** Whom users have blocked, cached from rooms. */
export class BlockCache {
  private readonly bus: Bus
  private readonly users = new AnswerCache<ReadonlySet<string>>()

  constructor(bus: Bus) {
    this.bus = bus
    bus.subscribe(bus.subjects.everyUser('blocks'), (event) =>
      this.users.delete(event.json<UserEvents['blocks']>().userId),
    )
    // Events may have been missed.
    bus.onReconnect(() => this.users.clear())
  }

  of(caller: Caller): Promise<ReadonlySet<string>> {
    return this.users.of(caller.userId, async () => {
      const { blocked } = await this.bus.ask('blocksOf', caller, caller.userId)
      return new Set(blocked)
    })
  }
}
