import { type Caller, type Erased, messageWithout } from '@chat/contract'
import { type Bus, decodeKey, encodeKey, eraseRoomEvents, type StreamEvent } from '@chat/service'
import { unmention } from '../changes/message-changes.ts'
import { rebuildExports, rebuildExportsLater } from '../exports/export-removal.ts'
import type { Operation, Parts } from '../parts.ts'

const BATCH = 200
const PAGE = 500

// An erased user's name leaves the messages that mention them, each of which is noted before. Then it leaves the
// copies of those messages (stream, reports, exports), which the notes lead to.

/** @returns false when the time is over before nothing mentions the user any more */
export async function eraseMentions(
  parts: Parts,
  caller: Caller,
  erased: Erased,
  until: number,
): Promise<boolean> {
  const { traces, erasedMentions } = parts
  while (performance.now() < until) {
    const docs = await traces.mentionsOf(erased.userId, BATCH)
    const texts = await traces.oldTextsMentioning(erased.userId, BATCH)
    const places = [...docs.map(({ _id, roomId }) => ({ roomId, messageId: _id })), ...texts]
    if (places.length === 0) return true
    await erasedMentions.note(erased.userId, places)
    for (const roomId of new Set(places.map((place) => place.roomId)))
      await rebuildExportsLater(parts, roomId)
    for (const { roomId, messageId } of places) {
      if (performance.now() > until) return false
      await unmention(parts, caller, { roomId, messageId }, erased)
    }
    await traces.cleanOldTexts(texts, erased)
  }
  return false
}

/** Cleans the copies room by room, from the room after `after`. @returns the last room that is done; null at the end */
export async function eraseMentionsInCopies(
  parts: Parts,
  erased: Erased,
  after: string,
  until: number,
): Promise<string | null> {
  const { erasedMentions, reportStore, bus } = parts
  for (let last = after; ; ) {
    const roomId = await erasedMentions.roomAfter(erased.userId, last)
    if (roomId === null) return null
    const mentionedIn = await erasedMentions.inRoom(erased.userId, roomId)
    await scrubStream(bus, roomId, { ...erased, mentionedIn })
    await reportStore.unquote({ ...erased, mentionedIn })
    await rebuildExports(parts, roomId)
    last = roomId
    if (performance.now() > until) return last
  }
}

/** Takes a user out of a room's events. @returns the stream's number after the last event that was read */
export const scrubStream = (bus: Bus, roomId: string, erased: Erased, from = 1): Promise<number> =>
  eraseRoomEvents({ bus, roomId, from, isErased: (event) => names(event, erased) })

function names(event: StreamEvent, erased: Erased): boolean {
  if (event.kind === 'change' && event.mentioned?.includes(erased.userId)) return true
  return messageWithout(event.message, erased) !== event.message
}

/** For other services: where the user was mentioned. */
export const listErasedMentions: Operation<'listErasedMentions'> = async (parts, _caller, input) => {
  const { userId, roomId, cursor } = input
  const after = cursor === undefined ? '' : decodeKey(cursor)
  const messageIds = await parts.erasedMentions.page(userId, after, PAGE, roomId)
  return { messageIds, nextCursor: messageIds.length === PAGE ? encodeKey(messageIds.at(-1) ?? '') : null }
}

export const forgetErasedMentions: Operation<'forgetErasedMentions'> = async (parts, _caller, { userId }) => {
  await parts.erasedMentions.forget(userId)
  return { result: true }
}
