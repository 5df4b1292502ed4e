import { Fault, type Input, type Message, seqOf } from '@chat/contract'
import { bytesOf, decodeCursor, encodeCursor, PAGE_BYTES } from '@chat/service'
import type { Operation } from '../parts.ts'
import { fitting, leading, MAX_COUNT } from './page-size.ts'
import { findMessage, requireRoom } from './visible-message.ts'

const DEFAULT_COUNT = 10
const PLATFORM_LIMIT = 20

type Span = { from: number; to: number; anchor: number }

/** The seqs that a page asks for, and the one that it must hold. Seqs have no gaps, so arithmetic is enough. */
function spanOf(roomId: string, input: Input<'listenMessagesByRoom'>, lastSeq: number): Span {
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

/** A page of a room's messages. */
export const listenMessagesByRoom: Operation<'listenMessagesByRoom'> = async (
  { store, access, presenter },
  caller,
  input,
) => {
  const { roomId } = input
  using pass = await access.enter(caller, roomId)
  const lastSeq = await store.lastSeq(roomId)
  const { from, to, anchor } = spanOf(roomId, input, lastSeq)
  const docs = to < 1 ? [] : await store.between(roomId, from, to)
  const list = fitting(await presenter.asSeenBy(caller, docs, pass.access.master), anchor, PAGE_BYTES)
  return {
    list,
    hasMoreBefore: (list[0]?.seq ?? to + 1) > 1 && lastSeq > 0,
    hasMoreAfter: (list.at(-1)?.seq ?? Math.max(0, from - 1)) < lastSeq,
  }
}

/** For platforms: a page, newest first. The cursor is the seq of the last message. @throws ROOM_NO_EXISTS */
export const listRoomMessages: Operation<'listRoomMessages'> = async (parts, caller, input) => {
  const { store, presenter, bus } = parts
  const { roomId, limit = PLATFORM_LIMIT, cursor } = input
  const before = cursor === undefined ? null : decodeCursor(cursor, isSeq)
  await requireRoom(bus, caller, roomId)
  const to = before === null ? await store.lastSeq(roomId) : before - 1
  const docs = to < 1 ? [] : await store.between(roomId, to - Math.min(limit, MAX_COUNT) + 1, to)
  const messages = await presenter.inFull(caller, docs.toReversed())
  const list = leading(messages, bytesOf, PAGE_BYTES)
  const { seq = 1 } = list.at(-1) ?? {}
  return { list, nextCursor: seq > 1 ? encodeCursor(seq) : null }
}

/** For platforms. @throws ROOM_NO_EXISTS, MESSAGE_NO_EXISTS */
export const getMessage: Operation<'getMessage'> = async ({ store, presenter, bus }, caller, place) => {
  await requireRoom(bus, caller, place.roomId)
  const [message] = await presenter.inFull(caller, [await findMessage(store, place)])
  return message as Message
}

const isSeq = (place: unknown): place is number => Number.isSafeInteger(place)
