import { type Caller, Fault, type Input, type Message, type Output, seqOf } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { AccessCache } from './access.ts'
import { type MessageDoc, presentMessage, type Store } from './store.ts'

const DEFAULT_COUNT = 10
const MAX_COUNT = 100
const PAGE_BYTES = 512 * 1024

type Span = { from: number; to: number; anchor: number }

/** Which seqs a page asks for, and which one it must hold; seqs have no gaps, so it is arithmetic. */
export function spanOf(roomId: string, input: Input<'listenMessagesByRoom'>, lastSeq: number): Span {
  const { lastMessageId, afterMessageId, aroundMessageId } = input
  if ([lastMessageId, afterMessageId, aroundMessageId].filter((id) => id !== undefined).length > 1) {
    throw new Fault('INVALID_REQUEST', {
      message: 'Only one of lastMessageId, afterMessageId and aroundMessageId',
    })
  }
  const count = Math.min(input.count ?? DEFAULT_COUNT, MAX_COUNT)
  const seqAt = (id: string) => {
    const seq = seqOf(roomId, id)
    if (seq === null || seq > lastSeq) throw new Fault('MESSAGE_NO_EXISTS')
    return seq
  }
  if (afterMessageId !== undefined) {
    const after = seqAt(afterMessageId)
    return { from: after + 1, to: after + count, anchor: after + 1 }
  }
  if (aroundMessageId !== undefined) {
    const around = seqAt(aroundMessageId)
    const from = around - Math.floor(count / 2)
    return { from, to: from + count - 1, anchor: around }
  }
  const before = lastMessageId === undefined ? lastSeq + 1 : seqAt(lastMessageId)
  return { from: before - count, to: before - 1, anchor: before - 1 }
}

/** As many messages as fit in a page, growing from the anchor to both sides. */
export function fitting<T extends { seq: number }>(messages: T[], anchor: number, maxBytes: number): T[] {
  const at = Math.max(
    0,
    messages.findIndex((message) => message.seq >= anchor),
  )
  const size = (index: number) => Buffer.byteLength(JSON.stringify(messages[index]))
  let [start, end] = [at, at]
  let left = maxBytes
  for (let grew = true; grew; ) {
    grew = false
    if (end < messages.length && (size(end) <= left || end === start)) {
      left -= size(end++)
      grew = true
    }
    if (start > 0 && size(start - 1) <= left) {
      left -= size(--start)
      grew = true
    }
  }
  return messages.slice(start, end)
}

/** Pages of a room's messages, and what a client has missed. */
export class Paging {
  private readonly store: Store
  private readonly access: AccessCache
  private readonly bus: Bus
  constructor(store: Store, access: AccessCache, bus: Bus) {
    this.store = store
    this.access = access
    this.bus = bus
  }

  async page(caller: Caller, input: Input<'listenMessagesByRoom'>): Promise<Output<'listenMessagesByRoom'>> {
    await this.access.of(caller, input.roomId)
    const lastSeq = await this.store.lastSeq(input.roomId)
    const span = spanOf(input.roomId, input, lastSeq)
    const list = await this.read(caller, input.roomId, span)
    return {
      list,
      hasMoreBefore: (list[0]?.seq ?? span.to + 1) > 1 && lastSeq > 0,
      hasMoreAfter: (list.at(-1)?.seq ?? Math.max(0, span.from - 1)) < lastSeq,
    }
  }

  async sync(caller: Caller, input: Input<'syncMessages'>): Promise<Output<'syncMessages'>> {
    const { roomId, afterSeq } = input
    await this.access.of(caller, roomId)
    const lastSeq = await this.store.lastSeq(roomId)
    const count = Math.min(input.limit ?? MAX_COUNT, MAX_COUNT)
    const list = await this.read(caller, roomId, {
      from: afterSeq + 1,
      to: afterSeq + count,
      anchor: afterSeq + 1,
    })
    return {
      list,
      changed: [],
      lastSeq,
      lastChange: 0,
      recovered: afterSeq <= lastSeq && list.every((message, index) => message.seq === afterSeq + 1 + index),
    }
  }

  /** For an edge that missed events: without the members' counts. */
  async replay({ roomId, afterSeq }: Input<'replayMessages'>): Promise<Output<'replayMessages'>> {
    const docs = await this.store.between(roomId, afterSeq + 1, afterSeq + MAX_COUNT)
    const list = docs.map((doc) => presentMessage(doc))
    return { list: fitting(list, afterSeq + 1, PAGE_BYTES), lastSeq: await this.store.lastSeq(roomId) }
  }

  private async read(caller: Caller, roomId: string, { from, to, anchor }: Span): Promise<Message[]> {
    const docs = to < 1 ? [] : await this.store.between(roomId, from, to)
    if (docs.length === 0) return []
    return fitting(await this.counted(caller, roomId, docs), anchor, PAGE_BYTES)
  }

  private async counted(caller: Caller, roomId: string, docs: MessageDoc[]): Promise<Message[]> {
    const messages = docs.map((doc) => ({ seq: doc.seq, authorId: doc.author.authorId }))
    const { counts } = await this.bus.ask('countUnread', caller, { roomId, messages })
    return docs.map((doc, index) => presentMessage(doc, counts[index]))
  }
}
