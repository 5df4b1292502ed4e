import { type Caller, type Message, messageAsSeenBy } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Committed } from '../send/group-commit.ts'
import { isDocGone, type MessageDoc, presentMessage } from '../send/message-doc.ts'
import type { BlockCache } from './block-cache.ts'

/** Turns stored messages, of any rooms, into what a reader sees of them now. */
export class Presenter {
  private readonly bus: Bus
  private readonly blocks: BlockCache
  constructor(bus: Bus, blocks: BlockCache) {
    this.bus = bus
    this.blocks = blocks
  }

  /** As the caller sees them: hidden content for masters alone, blocked authors marked. */
  async asSeenBy(caller: Caller, docs: MessageDoc[], master: boolean): Promise<Message[]> {
    if (docs.length === 0) return []
    const [messages, blocked] = await Promise.all([this.counted(caller, docs), this.blocks.of(caller)])
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
}
