import type { Caller, Input, Message, Output } from '@chat/contract'
import { type Bus, bytesOf, PAGE_BYTES } from '@chat/service'
import type { AccessCache } from '../send/access-cache.ts'
import { type MessageStore, presentMessage, quoteOf } from '../send/message-store.ts'
import { findVisible } from './visible-message.ts'

/** So few that an answer has room for them, however long they are. */
const READ_AT_ONCE = 4

/** What there is to know about one message. */
export class MessageLookup {
  private readonly store: MessageStore
  private readonly access: AccessCache
  private readonly bus: Bus
  constructor(store: MessageStore, access: AccessCache, bus: Bus) {
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
    const list: Message[] = []
    let left = messageIds
    for (let bytes = 0; left.length > 0 && bytes < PAGE_BYTES; left = left.slice(READ_AT_ONCE)) {
      const some = (await this.store.byIds(left.slice(0, READ_AT_ONCE))).map((doc) => presentMessage(doc))
      bytes += bytesOf(some)
      list.push(...some)
    }
    return { list, left }
  }

  /** @throws MESSAGE_NO_EXISTS where it is gone */
  async quote(place: Input<'quoteMessage'>): Promise<Output<'quoteMessage'>> {
    const doc = await findVisible(this.store, place, { master: false })
    return { author: doc.author, text: quoteOf(doc) }
  }
}
