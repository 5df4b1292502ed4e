import { type Caller, type Message, messageAsSeenBy, type UserEvents } from '@chat/contract'
import { AnswerCache, type Bus } from '@chat/service'
import type { Committed } from '../send/group-commit.ts'
import { isDocGone, type MessageDoc, presentMessage } from '../send/message-doc.ts'

/** Turns stored messages, of any rooms, into what a reader sees of them now. */
export class Presenter {
  private readonly bus: Bus
  /** Whom users have blocked, cached from rooms. */
  private readonly blocks = new AnswerCache<ReadonlySet<string>>()

  constructor(bus: Bus) {
    this.bus = bus
    bus.subscribe(bus.subjects.everyUser('blocks'), (event) =>
      this.blocks.delete(event.json<UserEvents['blocks']>().userId),
    )
    // Events may have been missed.
    bus.onReconnect(() => this.blocks.clear())
  }

  /** As the caller sees them: hidden content for masters alone, blocked authors marked. */
  async asSeenBy(caller: Caller, docs: MessageDoc[], master: boolean): Promise<Message[]> {
    if (docs.length === 0) return []
    const [messages, blocked] = await Promise.all([this.counted(caller, docs), this.blockedBy(caller)])
    return messages.map((message) => messageAsSeenBy(message, { master, blocked }))
  }

  /** For its author: a new message as stored, a repeat as it is by now. */
  async committed(
    caller: Caller,
    { doc, isRepeat }: Committed,
    { master }: { master: boolean },
  ): Promise<Message> {
    if (!isRepeat) return presentMessage(doc)
    return (await this.asSeenBy(caller, [doc], master))[0] as Message
  }

  /** In full, for edges, which know who reads. While rooms is away the unread counts are those of the time of sending. */
  async inFull(caller: Caller, docs: MessageDoc[]): Promise<Message[]> {
    return this.counted(caller, docs).catch(() => docs.map((doc) => presentMessage(doc)))
  }

  private async counted(caller: Caller, docs: MessageDoc[]): Promise<Message[]> {
    const visible = docs.filter((doc) => !isDocGone(doc))
    if (visible.length === 0) return docs.map((doc) => presentMessage(doc))
    const { counts } = await this.bus.ask('countUnread', caller, {
      messages: visible.map(({ roomId, seq, author }) => ({ roomId, seq, authorId: author.authorId })),
    })
    const countOf = new Map(visible.map((doc, index) => [doc._id, counts[index]]))
    return docs.map((doc) => presentMessage(doc, countOf.get(doc._id)))
  }

  private blockedBy(caller: Caller): Promise<ReadonlySet<string>> {
    return this.blocks.of(caller.userId, async () => {
      const { blocked } = await this.bus.ask('blocksOf', caller, caller.userId)
      return new Set(blocked)
    })
  }
}
