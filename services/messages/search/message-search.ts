import { type Caller, Fault, type Output } from '@chat/contract'
import { bytesOf, PAGE_BYTES } from '@chat/service'
import type { Operation, Parts } from '../parts.ts'
import { leading, MAX_COUNT } from '../read/page-size.ts'
import type { MessageDoc } from '../send/message-doc.ts'
import { decodePosition, encodePosition } from './position.ts'
import { type Found, type Question, scanIndex } from './search-scan.ts'
import { comparable, gramsOf, holds, isOfKind, markerOf } from './search-terms.ts'

type Page = Output<'searchMessages'>
/** `cursorKey`: a cursor belongs to one question, spelled like this. */
type Search = Question & { caller: Caller; cursorKey: unknown }

const DEFAULT_LIMIT = 20
/** The caller has lost a room during each try. */
const MAX_TRIES = 3

// The index says where to look; the messages themselves decide. Pages are newest first.

/**
 * Messages that hold a keyword, in one room or in all rooms of the caller.
 * @throws INVALID_REQUEST for a keyword of less than two characters, ROOM_NO_EXISTS
 */
export const searchMessages: Operation<'searchMessages'> = async (parts, caller, input) => {
  const { keyword, roomId, ...page } = input
  const text = comparable(keyword)
  const grams = gramsOf(text)
  if (grams.length === 0)
    throw new Fault('INVALID_REQUEST', { message: 'The keyword is shorter than two characters' })
  const matches = ({ data }: MessageDoc) => holds(data, text)
  const search = { caller, grams, matches, ...placeOf([caller.userId, text, roomId ?? null], page) }
  return roomId === undefined ? searchAllRooms(parts, search) : searchRoom(parts, search, roomId)
}

/** Files or links of a room. @throws ROOM_NO_EXISTS */
export const listGallery: Operation<'listGallery'> = async (parts, caller, { roomId, kind, ...page }) => {
  const marker = markerOf(kind)
  const matches = ({ data }: MessageDoc) => isOfKind(data, kind)
  const search = { caller, grams: [marker], matches, ...placeOf([caller.userId, marker, roomId], page) }
  return searchRoom(parts, search, roomId)
}

/** @throws INVALID_REQUEST for a cursor of another question */
const placeOf = (
  cursorKey: unknown,
  { limit = DEFAULT_LIMIT, cursor }: { limit?: number | undefined; cursor?: string | undefined },
) => ({
  cursorKey,
  start: cursor === undefined ? null : decodePosition(cursor, cursorKey),
  count: Math.min(limit, MAX_COUNT),
})

async function searchRoom(parts: Parts, search: Search, roomId: string): Promise<Page> {
  using _pass = await parts.access.enter(search.caller, roomId)
  return await present(parts, search, await scanIndex(parts, search, [roomId]))
}

/** Membership is checked twice: for the rooms to search in, and for the rooms whose messages are shown. */
async function searchAllRooms(parts: Parts, search: Search): Promise<Page> {
  const { caller } = search
  for (let tries = 1; ; tries++) {
    const roomIds = parts.bus.ask('roomsOfUser', caller, caller.userId).then((own) => own.roomIds)
    const [found] = await Promise.all([scanIndex(parts, search, roomIds), roomIds])
    const shown = [...new Set(found.docs.map((doc) => doc.roomId))]
    try {
      using _passes = await parts.access.enterAll(caller, shown)
      return await present(parts, search, found)
    } catch (error) {
      const isRemoved = error instanceof Fault && error.code === 'ROOM_NO_EXISTS'
      if (!isRemoved || tries === MAX_TRIES) throw error
    }
  }
}

async function present({ presenter }: Parts, { caller, cursorKey }: Search, { docs, next }: Found) {
  const messages = await presenter.asSeenBy(caller, docs, false)
  const list = leading(messages, bytesOf, PAGE_BYTES)
  const end = list.length < docs.length ? (docs[list.length - 1] as MessageDoc) : next
  return { list, nextCursor: end && encodePosition(end, cursorKey) }
}
