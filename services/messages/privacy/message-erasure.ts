import type { Caller, Erased } from '@chat/contract'
import { purgeRoomEvents } from '@chat/service'
import { eraseMessage } from '../changes/message-changes.ts'
import {
  rebuildExports,
  rebuildExportsLater,
  removeExports,
  removeExportsOfUser,
} from '../exports/export-removal.ts'
import type { Operation, Parts } from '../parts.ts'
import { deleteRoomWords } from '../words/word-lists.ts'
import { eraseMentions, eraseMentionsInCopies, scrubStream } from './mention-erasure.ts'

/** A request stops after this long, and the next one goes on there. */
const BUDGET_MS = 20_000
const BATCH = 200
/** After this the erasure is tried again later. */
const SETTLE_MS = 15_000

// The cursor names the room after which to go on: with what the user wrote, or with the copies of their mentions.
const WRITTEN = 'after:'
const COPIES = 'copies:'

/**
 * Takes a user out of all messages, in steps that may be repeated. The stream comes first, since it keeps messages for
 * days; the store comes last, since after a crash it is what leads to the room again.
 */
export const eraseUserInMessages: Operation<'eraseUserInMessages'> = async (
  parts,
  caller,
  { cursor, ...erased },
) => {
  if (cursor === undefined) await begin(parts, erased.userId)
  const until = performance.now() + BUDGET_MS
  if (cursor?.startsWith(COPIES)) return finish(parts, erased, cursor.slice(COPIES.length), until)
  const after = await eraseWritten(parts, caller, erased, cursor?.slice(WRITTEN.length) || undefined, until)
  if (after !== null) return { nextCursor: `${WRITTEN}${after ?? ''}` }
  return finish(parts, erased, '', until)
}

async function begin(parts: Parts, userId: string) {
  // Otherwise an instance might publish an old text after the stream is scrubbed.
  await parts.outbox.settled(SETTLE_MS)
  await removeExportsOfUser(parts, userId)
}

/** @returns after which room to go on; null when nothing is written by the user, quotes or mentions them */
async function eraseWritten(
  parts: Parts,
  caller: Caller,
  erased: Erased,
  first: string | undefined,
  until: number,
): Promise<string | undefined | null> {
  for (let after = first; ; ) {
    const { roomIds, last } = await parts.traces.roomsOf(parts.bus, caller, erased.userId, after)
    for (const roomId of roomIds) if (!(await eraseInRoom(parts, caller, roomId, erased, until))) return after
    if (last === null) {
      // A message that quotes or mentions the user from here on finds nobody of that name.
      const isDone =
        (await eraseQuotes(parts, erased, until)) && (await eraseMentions(parts, caller, erased, until))
      return isDone ? null : after
    }
    after = last
    if (performance.now() > until) return after
  }
}

async function finish(parts: Parts, erased: Erased, after: string, until: number) {
  const last = await eraseMentionsInCopies(parts, erased, after, until)
  if (last !== null) return { nextCursor: `${COPIES}${last}` }
  await parts.reportStore.deleteOf(erased)
  await parts.traces.forgetInChanges(erased.userId)
  return { nextCursor: null }
}

/** @returns false when the time is over before the room is done */
async function eraseInRoom(
  parts: Parts,
  caller: Caller,
  roomId: string,
  erased: Erased,
  until: number,
): Promise<boolean> {
  const { traces, bus } = parts
  await rebuildExportsLater(parts, roomId)
  const scrubbed = await scrubStream(bus, roomId, erased)
  for (;;) {
    const docs = await traces.writtenBy(roomId, erased.userId, '', BATCH)
    if (docs.length === 0) break
    for (const { _id } of docs) {
      if (performance.now() > until) return false
      await eraseMessage(parts, caller, { roomId, messageId: _id })
    }
  }
  await scrubStream(bus, roomId, erased, scrubbed)
  await rebuildExports(parts, roomId)
  return true
}

/** @returns false when the time is over before nobody quotes the user any more */
async function eraseQuotes(parts: Parts, erased: Erased, until: number): Promise<boolean> {
  const { traces, bus } = parts
  const scrubbed = new Map<string, number>()
  while (performance.now() < until) {
    const quotes = await traces.quotesOf(erased.userId, BATCH)
    if (quotes.length === 0) return true
    const roomIds = new Set(quotes.map(({ roomId }) => roomId))
    for (const roomId of roomIds) {
      await rebuildExportsLater(parts, roomId)
      scrubbed.set(roomId, await scrubStream(bus, roomId, erased, scrubbed.get(roomId)))
    }
    await traces.quoteNobody(quotes.map(({ _id }) => _id))
    for (const roomId of roomIds) await rebuildExports(parts, roomId)
  }
  return false
}

/** Deletes everything of a room. The stream comes first: its events would bring the rest back. */
export const purgeRoomMessages: Operation<'purgeRoomMessages'> = async (parts, _caller, { roomId }) => {
  const { store, changes, exportStore, reportStore, searchIndex } = parts
  await purgeRoomEvents(parts.bus, roomId)
  await removeExports(parts, await exportStore.ofRoom(roomId))
  await searchIndex.forgetRoom(roomId)
  for (const each of [reportStore, changes, store]) await each.deleteRoom(roomId)
  // A recovery may have published some again before they were deleted.
  await purgeRoomEvents(parts.bus, roomId)
  await deleteRoomWords(parts, roomId)
  return { result: true }
}
