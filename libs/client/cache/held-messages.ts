import type { Message } from '@chat/contract'
import { type ClientStore, messageKey, messagesPrefix, roomKey, type StoreChange } from '../stores/store.ts'
import { inOnePiece, joinWindow, type Window } from './room-window.ts'

/** How far a room's messages are held: in one piece up to `seq`, with every change up to `change` taken in. */
export type Mark = { roomId: string; seq: number; change: number }

/**
 * The newest messages of the rooms that were looked at, in the store; their marks in memory too. Its calls must
 * not overlap.
 */
export class HeldMessages {
  readonly marks = new Map<string, Mark>()
  /** When a mark's `change` was learned, by the caller's clock. */
  private readonly learnedAt = new Map<string, number>()
  private readonly store: ClientStore
  private readonly max: number

  constructor(store: ClientStore, max: number) {
    this.store = store
    this.max = max
  }

  async load() {
    for (const mark of (await this.store.read('marks', '')) as Mark[]) this.marks.set(mark.roomId, mark)
  }

  async read(roomId: string): Promise<Message[]> {
    return inOnePiece(await this.stored(roomId), this.marks.get(roomId)?.seq ?? 0)
  }

  /** The room is held from here on, with these messages and no others. */
  async begin(mark: Mark, messages: Message[], at: number) {
    const window = joinWindow([], mark.seq, messages, this.max)
    const kept = new Set(window.put.map(({ seq }) => seq))
    const stored = await this.stored(mark.roomId)
    const removed = stored.map(({ seq }) => seq).filter((seq) => !kept.has(seq))
    this.learnedAt.set(mark.roomId, at)
    await this.keep({ ...mark, seq: window.seq }, { ...window, removed })
  }

  /**
   * A page. What was asked for before the mark's `change` was learned may be older than it says, and stays out.
   * @returns whether any of it is held now
   */
  async take(roomId: string, page: Message[], askedAt: number): Promise<boolean> {
    const mark = this.marks.get(roomId)
    if (!mark || askedAt < (this.learnedAt.get(roomId) ?? 0)) return false
    const window = joinWindow(await this.stored(roomId), mark.seq, page, this.max)
    if (window.put.length > 0) await this.keep({ ...mark, seq: window.seq }, window)
    return window.put.length > 0
  }

  /** One message as it happens. Beyond the next one it stays out. */
  async hear(roomId: string, message: Message): Promise<boolean> {
    const { seq } = message
    const mark = this.marks.get(roomId)
    if (!mark || seq > mark.seq + 1) return false
    if (seq <= mark.seq) return this.revise(roomId, [message])
    await this.keep({ ...mark, seq }, { seq, put: [message], removed: [seq - this.max] })
    return true
  }

  /** Later states of messages. Those that are not held stay out: when they come, they come as they are then. */
  async revise(roomId: string, messages: Message[]): Promise<boolean> {
    const mark = this.marks.get(roomId)
    const [first] = messages
    if (!mark || !first) return false
    const stored = await this.stored(roomId)
    const held = new Map(stored.map((message) => [message.seq, message]))
    const later = messages.filter((message) => isLater(message, held.get(message.seq)))
    const put = [...later, ...requoting(stored, later)]
    if (put.length > 0) await this.keep(mark, { seq: mark.seq, put, removed: [] })
    return put.length > 0
  }

  /** Every change after `from` and up to `to` has been taken in. */
  async advance(roomId: string, { from, to }: { from: number; to: number }, at: number) {
    const mark = this.marks.get(roomId)
    if (!mark || from > mark.change || to <= mark.change) return
    this.learnedAt.set(roomId, at)
    await this.keep({ ...mark, change: to }, { seq: mark.seq, put: [], removed: [] })
  }

  async remove(roomId: string) {
    const stored = await this.stored(roomId)
    await this.store.write([
      { kind: 'marks', key: roomKey(roomId), value: null },
      ...stored.map(({ seq }) => message(roomId, seq, null)),
    ])
    this.marks.delete(roomId)
    this.learnedAt.delete(roomId)
  }

  private async stored(roomId: string): Promise<Message[]> {
    return (await this.store.read('messages', messagesPrefix(roomId))) as Message[]
  }

  /** The mark does not move where the messages could not be written: they are asked for again then. */
  private async keep(mark: Mark, { put, removed }: Window) {
    await this.store.write([
      { kind: 'marks', key: roomKey(mark.roomId), value: mark },
      ...put.map((one) => message(mark.roomId, one.seq, one)),
      ...removed.filter((seq) => seq > 0).map((seq) => message(mark.roomId, seq, null)),
    ])
    this.marks.set(mark.roomId, mark)
  }
}

/** As the server quotes: nothing of what is gone. */
const quoteTextOf = ({ status, data }: Message) =>
  status.deleted || status.hidden ? '' : (data.content.text ?? '')

/** Replies among the held ones that quote what has changed: they say what it says now. */
function requoting(held: Message[], changed: Message[]): Message[] {
  const byId = new Map(changed.map((message) => [message._id, message]))
  const seqs = new Set(changed.map(({ seq }) => seq))
  return held.flatMap((message) => {
    const quoted = message.replyTo && byId.get(message.replyTo.messageId)
    if (!message.replyTo || !quoted || seqs.has(message.seq)) return []
    return [{ ...message, replyTo: { ...message.replyTo, text: quoteTextOf(quoted) } }]
  })
}

const isLater = (coming: Message, held: Message | undefined) =>
  held !== undefined && coming.updatedAt > held.updatedAt

const message = (roomId: string, seq: number, value: Message | null): StoreChange => ({
  kind: 'messages',
  key: messageKey(roomId, seq),
  value,
})
