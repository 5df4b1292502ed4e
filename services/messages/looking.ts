import type { Caller, Input, Output } from '@chat/contract'
import { type Bus, bytesOf, PAGE_BYTES } from '@chat/service'
import type { AccessCache } from './access.ts'
import { findVisible } from './finding.ts'
import { leading } from './fitting.ts'
import { presentMessage, quoteOf, type Store } from './store.ts'

/** What there is to know about one message. */
export class Looking {
  private readonly store: Store
  private readonly access: AccessCache
  private readonly bus: Bus
  constructor(store: Store, access: AccessCache, bus: Bus) {
    this.store = store
    this.access = access
    this.bus = bus
  }

  /** Who has read it, as far as the caller may see them. */
  async readers(caller: Caller, place: Input<'messageReaders'>): Promise<Output<'messageReaders'>> {
    return this.access.during(caller, place.roomId, async (access) => {
      const { roomId, seq, author } = await findVisible(this.store, place, access)
      return this.bus.ask('readersOf', caller, { roomId, seq, authorId: author.authorId })
    })
  }

  async now(messageIds: string[]): Promise<Output<'messagesNow'>> {
    const all = (await this.store.byIds(messageIds)).map((doc) => presentMessage(doc))
    const list = leading(all, bytesOf, PAGE_BYTES)
    return { list, left: all.slice(list.length).map(({ _id }) => _id) }
  }

  /** @throws MESSAGE_NO_EXISTS where it is gone */
  async quote(place: Input<'quoteMessage'>): Promise<Output<'quoteMessage'>> {
    const doc = await findVisible(this.store, place, { master: false })
    return { author: doc.author, text: quoteOf(doc) }
  }
}
