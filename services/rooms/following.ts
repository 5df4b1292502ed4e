import type { Message } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Announcing } from './announcing.ts'
import { memberId, type Store } from './store.ts'

/** Follows the messages of all rooms: last message, order of the list, and the authors' own cursors. */
export class Following {
  private readonly store: Store
  private readonly bus: Bus
  private readonly announcing: Announcing
  constructor(store: Store, bus: Bus, announcing: Announcing) {
    this.store = store
    this.bus = bus
    this.announcing = announcing
  }

  /**
   * Takes in a batch, in any order and any number of times: nothing moves backwards.
   * @returns resolves, in `settled`, when the rooms have been announced
   */
  async take(messages: Message[]): Promise<{ settled: Promise<unknown> }> {
    const latest = new Map<string, Message>()
    const authored = new Map<string, Message>()
    for (const message of messages) {
      if (message.seq > (latest.get(message.roomId)?.seq ?? 0)) latest.set(message.roomId, message)
      const author = memberId(message.roomId, message.author.authorId)
      if (message.seq > (authored.get(author)?.seq ?? 0)) authored.set(author, message)
    }
    // Cursors first: a room announced in between shows its author a count too low for a moment, never too high.
    await this.store.moveCursors(new Map([...authored].map(([id, { seq }]) => [id, seq])))
    await this.store.takeLastMessages([...latest.values()])
    for (const { roomId, seq, author } of authored.values()) {
      this.bus.publishUser(author.authorId, 'cursor', { roomId, readSeq: seq, by: 'send' })
    }
    return {
      settled: Promise.all([...latest.keys()].map((roomId) => this.announcing.announce(roomId, 'message'))),
    }
  }
}
