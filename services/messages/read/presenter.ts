import { type Caller, isGone, type Message, messageAsSeenBy } from '@chat/contract'
import type { Bus } from '@chat/service'
import { type MessageDoc, presentMessage, statusOf } from '../send/message-store.ts'
import type { BlockCache } from './block-cache.ts'

/** Turns what is stored, of whatever rooms, into what somebody sees of it now. */
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

  /** In full, for edges, which know who looks. Without rooms the counts are those of the time of sending. */
  async inFull(caller: Caller, docs: MessageDoc[]): Promise<Message[]> {
    return this.counted(caller, docs).catch(() => docs.map((doc) => presentMessage(doc)))
  }

  private async counted(caller: Caller, docs: MessageDoc[]): Promise<Message[]> {
    const counting = docs.filter((doc) => !isGone({ status: statusOf(doc) }))
    if (counting.length === 0) return docs.map((doc) => presentMessage(doc))
    const { counts } = await this.bus.ask('countUnread', caller, {
      messages: counting.map(({ roomId, seq, author }) => ({ roomId, seq, authorId: author.authorId })),
    })
    const byId = new Map(counting.map((doc, index) => [doc._id, counts[index]]))
    return docs.map((doc) => presentMessage(doc, byId.get(doc._id)))
  }
}
