import { type Caller, Fault, type Input, type Output, seqOf } from '@chat/contract'
import { PAGE_BYTES } from '@chat/service'
import type { AccessCache } from '../send/access-cache.ts'
import type { MessageStore } from '../send/message-store.ts'
import { fitting, MAX_COUNT } from './page-size.ts'
import type { Presenter } from './presenter.ts'

const DEFAULT_COUNT = 10

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

/** Pages of a room's messages. */
export class MessagePages {
  private readonly store: MessageStore
  private readonly access: AccessCache
  private readonly presenter: Presenter
  constructor(store: MessageStore, access: AccessCache, presenter: Presenter) {
    this.store = store
    this.access = access
    this.presenter = presenter
  }

  async page(caller: Caller, input: Input<'listenMessagesByRoom'>): Promise<Output<'listenMessagesByRoom'>> {
    const { roomId } = input
    return this.access.during(caller, roomId, async ({ master }) => {
      const lastSeq = await this.store.lastSeq(roomId)
      const { from, to, anchor } = spanOf(roomId, input, lastSeq)
      const docs = to < 1 ? [] : await this.store.between(roomId, from, to)
      const list = fitting(await this.presenter.asSeenBy(caller, docs, master), anchor, PAGE_BYTES)
      return {
        list,
        hasMoreBefore: (list[0]?.seq ?? to + 1) > 1 && lastSeq > 0,
        hasMoreAfter: (list.at(-1)?.seq ?? Math.max(0, from - 1)) < lastSeq,
      }
    })
  }
}
