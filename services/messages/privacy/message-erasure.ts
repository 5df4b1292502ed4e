import type { Caller, Erased } from '@chat/contract'
import type { Operation, Parts } from '../parts.ts'
import { roomsOfAuthor } from './author-rooms.ts'
import { eraseMentions, eraseMentionsInCopies, scrubStream } from './mention-erasure.ts'

/** A request stops after this long, and the next one goes on there. */
const BUDGET_MS = 20_000
const BATCH = 200

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
  const until = performance.now() + BUDGET_MS
  if (cursor?.startsWith(COPIES)) return finish(parts, erased, cursor.slice(COPIES.length), until)
  if (cursor === undefined) await parts.exportErasure.removeUser(erased.userId)
  const after = await eraseWritten(parts, caller, erased, cursor?.slice(WRITTEN.length) || undefined, until)
  if (after !== null) return { nextCursor: `${WRITTEN}${after ?? ''}` }
  return finish(parts, erased, '', until)
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
    const { roomIds, last } = await roomsOfAuthor(parts, caller, erased.userId, after)
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
  { traces, messageChanges, searchIndexer, exportErasure, bus }: Parts,
  caller: Caller,
  roomId: string,
  erased: Erased,
  until: number,
): Promise<boolean> {
  await exportErasure.rebuildLater(roomId)
  const scrubbed = await scrubStream(bus, roomId, erased)
  for (;;) {
    const docs = await traces.writtenBy(roomId, erased.userId, '', BATCH)
    if (docs.length === 0) break
    for (const { _id } of docs) {
      if (performance.now() > until) return false
      const message = await messageChanges.erase(caller, { roomId, messageId: _id })
      await searchIndexer.handle([{ kind: 'change', change: 0, message }])
    }
  }
  await scrubStream(bus, roomId, erased, scrubbed)
  await exportErasure.rebuild(roomId)
  return true
}

/** @returns false when the time is over before nobody quotes the user any more */
async function eraseQuotes(
  { traces, exportErasure, bus }: Parts,
  erased: Erased,
  until: number,
): Promise<boolean> {
  const scrubbed = new Map<string, number>()
  while (performance.now() < until) {
    const quotes = await traces.quotesOf(erased.userId, BATCH)
    if (quotes.length === 0) return true
    const roomIds = new Set(quotes.map(({ roomId }) => roomId))
    for (const roomId of roomIds) {
      await exportErasure.rebuildLater(roomId)
      scrubbed.set(roomId, await scrubStream(bus, roomId, erased, scrubbed.get(roomId)))
    }
    await traces.quoteNobody(quotes.map(({ _id }) => _id))
    for (const roomId of roomIds) await exportErasure.rebuild(roomId)
  }
  return false
}
