import type { Caller } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { MessageStore } from '../send/message-store.ts'

const AT_ONCE = 16

/**
 * Where a person has written. No index leads from a person to their messages, since every message would pay for it;
 * so all rooms are asked, a page of them at a time: rare, and each a look into an index.
 */
export class AuthorRooms {
  private readonly store: MessageStore
  private readonly bus: Bus
  constructor(store: MessageStore, bus: Bus) {
    this.store = store
    this.bus = bus
  }

  /** Of the next rooms those in which they have written. `last`: go on after it; null at the end. */
  async page(
    caller: Caller,
    userId: string,
    after: string | undefined,
  ): Promise<{ roomIds: string[]; last: string | null }> {
    const { roomIds } = await this.bus.ask('listRoomIds', caller, after === undefined ? {} : { after })
    const found: string[] = []
    for (let start = 0; start < roomIds.length; start += AT_ONCE) {
      const some = roomIds.slice(start, start + AT_ONCE)
      const has = await Promise.all(some.map((roomId) => this.store.hasWritten(roomId, userId)))
      found.push(...some.filter((_, index) => has[index]))
    }
    return { roomIds: found, last: roomIds.at(-1) ?? null }
  }
}
