import type { Message } from '@chat/contract'
import type { Bus } from '@chat/service'
import { memberId, type Store } from './store.ts'

/** Follows the messages of all rooms: last message, order of the list, and the authors' own cursors. */
export class Following {
  private readonly store: Store
  private readonly bus: Bus
  constructor(store: Store, bus: Bus) {
    this.store = store
    this.bus = bus
  }

  /** Takes in a batch, in any order and any number of times: nothing moves backwards. Then tells the gateways. */
  async take(messages: Message[]): Promise<void> {
    const latest = new Map<string, Message>()
    const authored = new Map<string, Message>()
    const counts = new Map<string, number>()
    for (const message of messages) {
      if (message.seq > (latest.get(message.roomId)?.seq ?? 0)) latest.set(message.roomId, message)
      const author = memberId(message.roomId, message.author.authorId)
      if (message.seq > (authored.get(author)?.seq ?? 0)) authored.set(author, message)
      counts.set(author, (counts.get(author) ?? 0) + 1)
    }
    const before = await this.store.cursors([...authored.keys()])
    // Cursors first: a list read in between shows an author a count too low for a moment, never too high.
    await this.store.moveCursors(new Map([...authored].map(([id, { seq }]) => [id, seq])))
    await this.store.takeLastMessages([...latest.values()])
    this.tell([...latest.values()], [...authored.values()])
    this.tellReading(authored, before, counts)
  }

  private tellReading(
    authored: Map<string, Message>,
    before: Map<string, number>,
    counts: Map<string, number>,
  ) {
    for (const [id, { roomId, seq, author, _id }] of authored) {
      const fromSeq = before.get(id)
      // By sending, one has read what others wrote before: it is told as any other reading is.
      if (fromSeq === undefined || seq - fromSeq <= (counts.get(id) ?? 0)) continue
      this.bus.publishRoom(roomId, 'read', { userId: author.authorId, lastReadMessageId: _id, fromSeq, seq })
    }
  }

  private tell(latest: Message[], authored: Message[]) {
    for (const { roomId, seq, author } of authored) {
      this.bus.publishUser(author.authorId, 'cursor', { roomId, readSeq: seq, by: 'send' })
    }
    const byRoom = Map.groupBy(authored, (message) => message.roomId)
    for (const message of latest) {
      const cursors = (byRoom.get(message.roomId) ?? []).map(({ author, seq }): [string, number] => [
        author.authorId,
        seq,
      ])
      this.bus.publishRoom(message.roomId, 'news', { lastSeq: message.seq, lastMessage: message, cursors })
    }
  }
}
