import { type Caller, Fault, type Output } from '@chat/contract'
import { bytesOf, PAGE_BYTES } from '@chat/service'
import type { Operation, Parts } from '../parts.ts'
import { leading, MAX_COUNT } from '../read/page-size.ts'
import type { MessageDoc } from '../send/message-doc.ts'
import { decodePosition, encodePosition, type Position } from './position.ts'
import { type Found, type Question, scanIndex } from './search-scan.ts'
import { comparable, gramsOf, holds, isOfKind, markerOf } from './search-terms.ts'

type Page = Output<'searchMessages'>
type PageRequest = {
  /** A cursor belongs to one question, spelled like this. */
  cursorKey: unknown
  start: Position | null
  count: number
}

const DEFAULT_LIMIT = 20
/** The caller has lost a room during each try. */
const MAX_TRIES = 3

// The index says where to look; the messages themselves decide. Pages are newest first.

/**
 * Messages that hold a keyword, in one room or in all rooms of the caller.
 * @throws INVALID_REQUEST for a keyword of less than two characters, ROOM_NO_EXISTS
 */
export const searchMessages: Operation<'searchMessages'> = async (
  parts,
  caller,
  { keyword, roomId, ...page },
) => {
  const text = comparable(keyword)
  const grams = gramsOf(text)
  if (grams.length === 0)
    throw new Fault('INVALID_REQUEST', { message: 'The keyword is shorter than two characters' })
  const request = pageRequest([caller.userId, text, roomId ?? null], page)
  const wanted = { grams, matches: ({ data }: MessageDoc) => holds(data, text) }
  if (roomId === undefined) return searchAllRooms(parts, caller, wanted, request)
  return searchRoom(parts, caller, roomId, wanted, request)
}

/** Files or links of a room. @throws ROOM_NO_EXISTS */
export const listGallery: Operation<'listGallery'> = async (parts, caller, { roomId, kind, ...page }) => {
  const marker = markerOf(kind)
  const request = pageRequest([caller.userId, marker, roomId], page)
  const wanted = { grams: [marker], matches: ({ data }: MessageDoc) => isOfKind(data, kind) }
  return searchRoom(parts, caller, roomId, wanted, request)
}

/** @throws INVALID_REQUEST for a cursor of another question */
const pageRequest = (
  cursorKey: unknown,
  { limit = DEFAULT_LIMIT, cursor }: { limit?: number | undefined; cursor?: string | undefined },
): PageRequest => ({
  cursorKey,
  start: cursor === undefined ? null : decodePosition(cursor, cursorKey),
  count: Math.min(limit, MAX_COUNT),
})

type Wanted = Omit<Question, 'roomIds'>

async function searchRoom(
  parts: Parts,
  caller: Caller,
  roomId: string,
  wanted: Wanted,
  request: PageRequest,
): Promise<Page> {
  using _pass = await parts.access.enter(caller, roomId)
  const found = await scanIndex(parts, { ...wanted, roomIds: [roomId] }, request.count, request.start)
  return await present(parts, caller, found, request)
}

/** Membership is checked twice: for the rooms to search in, and for the rooms whose messages are shown. */
async function searchAllRooms(
  parts: Parts,
  caller: Caller,
  wanted: Wanted,
  request: PageRequest,
): Promise<Page> {
  for (let tries = 1; ; tries++) {
    const { roomIds } = await parts.bus.ask('roomsOfUser', caller, caller.userId)
    const found = await scanIndex(parts, { ...wanted, roomIds }, request.count, request.start)
    const shown = [...new Set(found.docs.map((doc) => doc.roomId))]
    try {
      using _passes = await parts.access.enterAll(caller, shown)
      return await present(parts, caller, found, request)
    } catch (error) {
      const isRemoved = error instanceof Fault && error.code === 'ROOM_NO_EXISTS'
      if (!isRemoved || tries === MAX_TRIES) throw error
    }
  }
}

async function present(
  { presenter }: Parts,
  caller: Caller,
  { docs, next }: Found,
  { cursorKey }: PageRequest,
): Promise<Page> {
  const messages = await presenter.asSeenBy(caller, docs, false)
  const list = leading(messages, bytesOf, PAGE_BYTES)
  const end = list.length < docs.length ? (docs[list.length - 1] as MessageDoc) : next
  return { list, nextCursor: end && encodePosition(end, cursorKey) }
}
