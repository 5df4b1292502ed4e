import type { Caller, Message } from '@chat/contract'
import {
  type Bus,
  bytesOf,
  cursorAfter,
  decodeCursor,
  decodeKey,
  encodeCursor,
  PAGE_BYTES,
} from '@chat/service'
import type { Operation } from '../parts.ts'
import { leading, MAX_COUNT } from './page-size.ts'
import { findMessage } from './visible-message.ts'

const DEFAULT_LIMIT = 20

// What platforms see and change: any message of any room. Each throws ROOM_NO_EXISTS for a room that is not there.

/** A page of a room, newest first. The cursor is the seq of the last message. */
export const listRoomMessages: Operation<'listRoomMessages'> = async (
  { store, presenter, bus },
  caller,
  input,
) => {
  const { roomId, limit = DEFAULT_LIMIT, cursor } = input
  const before = cursor === undefined ? null : decodeCursor(cursor, isSeq)
  await requireRoom(bus, caller, roomId)
  const to = before === null ? await store.lastSeq(roomId) : before - 1
  const docs = to < 1 ? [] : await store.between(roomId, to - Math.min(limit, MAX_COUNT) + 1, to)
  const messages = await presenter.inFull(caller, docs.toReversed())
  const list = leading(messages, bytesOf, PAGE_BYTES)
  const { seq = 1 } = list.at(-1) ?? {}
  return { list, nextCursor: seq > 1 ? encodeCursor(seq) : null }
}

export const getMessage: Operation<'getMessage'> = async ({ store, presenter, bus }, caller, place) => {
  await requireRoom(bus, caller, place.roomId)
  const [message] = await presenter.inFull(caller, [await findMessage(store, place)])
  return message as Message
}

export const updateMessage: Operation<'updateMessage'> = async ({ messageChanges, bus }, caller, input) => {
  await requireRoom(bus, caller, input.roomId)
  return messageChanges.set(caller, input)
}

export const removeMessage: Operation<'removeMessage'> = async (parts, caller, place) => {
  await requireRoom(parts.bus, caller, place.roomId)
  await parts.messageChanges.deleteFreely(caller, place)
  return { result: true }
}

/** What members have reported, newest first, of all rooms or of one. */
export const listReports: Operation<'listReports'> = async (parts, _caller, input) => {
  const { roomId, limit = DEFAULT_LIMIT, cursor } = input
  const before = cursor === undefined ? undefined : decodeKey(cursor)
  const count = Math.min(limit, MAX_COUNT)
  const found = await parts.reportStore.page(roomId, before, count + 1)
  const shown = leading(found.slice(0, count), bytesOf, PAGE_BYTES)
  return {
    list: shown.map(({ _id, order, createdAt, ...report }) => ({
      ...report,
      createdAt: createdAt.toISOString(),
    })),
    nextCursor: cursorAfter(shown, found, ({ order }) => order),
  }
}

async function requireRoom(bus: Bus, caller: Caller, roomId: string) {
  await bus.ask('roomFacts', caller, roomId)
}

const isSeq = (place: unknown): place is number => Number.isSafeInteger(place)
