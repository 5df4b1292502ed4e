import type { Message } from '@chat/contract'
import { quoteTextOf } from '@chat/contract/message-view'
import { isOtherEpoch } from '../connection/data-epoch.ts'
import { type ClientStore, messageKey, messagesPrefix, roomKey, type StoreChange } from '../stores/store.ts'
import { joinWindow, type Window, withoutGap } from './room-window.ts'

/**
 * How far a room is cached: without a gap up to `seq`, with every change up to `change` applied. The numbers are those of
 * the server's `epoch`, which caches of earlier versions do not have.
 */
export type Mark = { roomId: string; seq: number; change: number; epoch?: string }

/** The newest messages of each cached room, in the store; the rooms' marks in memory, too. Calls must not overlap. */
export class CachedMessages {
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
    return withoutGap(await this.stored(roomId), this.marks.get(roomId)?.seq ?? 0)
  }

  async replace(mark: Mark, messages: Message[], at: number): Promise<boolean> {
    const window = joinWindow([], mark.seq, messages, this.max)
    const kept = new Set(window.put.map(({ seq }) => seq))
    const stored = await this.stored(mark.roomId)
    const removed = stored.map(({ seq }) => seq).filter((seq) => !kept.has(seq))
    this.learnedAt.set(mark.roomId, at)
    await this.save({ ...mark, seq: window.seq }, { ...window, removed })
    return true
  }

  /**
   * Adds a page. A page that was requested before the mark's `change` was learned may be older, and is ignored.
   * @returns whether any of it was added
   */
  async addPage(roomId: string, page: Message[], askedAt: number): Promise<boolean> {
    const mark = this.marks.get(roomId)
    if (!mark || askedAt < (this.learnedAt.get(roomId) ?? 0)) return false
    const window = joinWindow(await this.stored(roomId), mark.seq, page, this.max)
    if (window.put.length > 0) await this.save({ ...mark, seq: window.seq }, window)
    return window.put.length > 0
  }

  /** Adds the next message, or revises one that is cached. Others are ignored. */
  async add(roomId: string, message: Message): Promise<boolean> {
    const { seq } = message
    const mark = this.marks.get(roomId)
    if (!mark || seq > mark.seq + 1) return false
    if (seq <= mark.seq) return this.revise(roomId, [message])
    await this.save({ ...mark, seq }, { seq, put: [message], removed: [seq - this.max] })
    return true
  }

  /** Applies later states of cached messages. Others are ignored: they arrive in their latest state. */
  async revise(roomId: string, messages: Message[]): Promise<boolean> {
    const mark = this.marks.get(roomId)
    if (!mark || messages.length === 0) return false
    const stored = await this.stored(roomId)
    const known = new Map(stored.map(({ seq, updatedAt }) => [seq, updatedAt]))
    const later = messages.filter(({ seq, updatedAt }) => updatedAt > (known.get(seq) ?? updatedAt))
    const put = [...later, ...requoted(stored, later)]
    if (put.length > 0) await this.save(mark, { seq: mark.seq, put, removed: [] })
    return put.length > 0
  }

  /** Every change after `from` and up to `to` has been applied. */
  async advance(roomId: string, { from, to }: { from: number; to: number }, at: number) {
    const mark = this.marks.get(roomId)
    if (!mark || from > mark.change || to <= mark.change) return
    this.learnedAt.set(roomId, at)
    await this.save({ ...mark, change: to }, { seq: mark.seq, put: [], removed: [] })
  }

  /** Drops a room that is cached from another epoch. A mark without one is believed, and gets it. */
  async keepEpoch(roomId: string, epoch: string): Promise<boolean> {
    const mark = this.marks.get(roomId)
    if (!mark) return false
    const isOther = isOtherEpoch(mark.epoch, epoch)
    if (isOther) await this.remove(roomId)
    else if (!mark.epoch && epoch)
      await this.save({ ...mark, epoch }, { seq: mark.seq, put: [], removed: [] })
    return isOther
  }

  async remove(roomId: string) {
    const stored = await this.stored(roomId)
    await this.store.write([
      { kind: 'marks', key: roomKey(roomId), value: null },
      ...stored.map(({ seq }) => record(roomId, seq, null)),
    ])
    this.marks.delete(roomId)
    this.learnedAt.delete(roomId)
  }

  private async stored(roomId: string): Promise<Message[]> {
    return (await this.store.read('messages', messagesPrefix(roomId))) as Message[]
  }

  /** The mark does not move where the store fails: the messages are requested again then. */
  private async save(mark: Mark, { put, removed }: Window) {
    await this.store.write([
      { kind: 'marks', key: roomKey(mark.roomId), value: mark },
      ...put.map((message) => record(mark.roomId, message.seq, message)),
      ...removed.filter((seq) => seq > 0).map((seq) => record(mark.roomId, seq, null)),
    ])
    this.marks.set(mark.roomId, mark)
  }
}

/** The cached replies to changed messages, with their new quotes. */
function requoted(cached: Message[], changed: Message[]): Message[] {
  const byId = new Map(changed.map((message) => [message._id, message]))
  const seqs = new Set(changed.map(({ seq }) => seq))
  return cached.flatMap((message) => {
    const quoted = message.replyTo && byId.get(message.replyTo.messageId)
    if (!message.replyTo || !quoted || seqs.has(message.seq)) return []
    return [{ ...message, replyTo: { ...message.replyTo, text: quoteTextOf(quoted) } }]
  })
}

const record = (roomId: string, seq: number, value: Message | null): StoreChange => ({
  kind: 'messages',
  key: messageKey(roomId, seq),
  value,
})
