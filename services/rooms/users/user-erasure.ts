import {
  type Announcement,
  activityWithout,
  announcementWithout,
  type Caller,
  type Erased,
  Fault,
  type Message,
  messageWithout,
  type RoomActivityEvent,
  textWithout,
} from '@chat/contract'
import { decodeKey, encodeKey, erasedMentions, eraseEventsOfKind } from '@chat/service'
import { expel } from '../members/removals.ts'
import type { Operation, Parts } from '../parts.ts'
import type { RoomDoc } from '../store/documents.ts'
import { closeAccount } from './accounts.ts'
import { unblock } from './blocks.ts'

const PAGE = 500
/** The time that one request may take; the next one continues where it stopped. */
const BUDGET_MS = 20_000
/** After this the erasure is tried again later. */
const SETTLE_MS = 15_000
// The cursor names how far stored events, then the stream are scrubbed: this and an event's id or a position in the
// stream. Later it is a room's id.
const STORED = 'stored:'
const STREAM = 'facts:'

type QuotingRoom = Pick<RoomDoc, '_id' | 'lastMessage' | 'announcement'>
type Quote = Announcement | NonNullable<Message['replyTo']>

/** From then on the user can neither connect nor write. */
export const expelUser: Operation<'expelUser'> = async (parts, _caller, { userId }) => {
  await closeAccount(parts, userId)
  for (const member of await parts.store.members.ofUser(userId)) {
    await expel(parts, member).catch((error) => {
      if (!(error instanceof Fault)) throw error
    })
    // The membership of a room that never became ready, or is being deleted.
    await parts.store.members.remove([member])
  }
  return { result: true }
}

/** Erases a user from events, from a page of rooms at a time, and last from the directory. Each step may be repeated. */
export const eraseUserInRooms: Operation<'eraseUserInRooms'> = async (
  parts,
  caller,
  { cursor, ...erased },
) => {
  const { store } = parts
  const { userId } = erased
  if (cursor === undefined) await removeOwnData(parts, userId)
  const key = cursor === undefined ? STORED : decodeKey(cursor)
  const isScrubbing = key.startsWith(STORED) || key.startsWith(STREAM)
  const next = isScrubbing ? await scrubEvents(parts, caller, erased, key) : null
  if (next !== null) return { nextCursor: encodeKey(next) }
  const rooms = await store.rooms.quotesAfter(isScrubbing ? '' : key, PAGE)
  for (const room of rooms) await eraseInRoom(parts, caller, room, erased)
  const last = rooms.at(-1)
  if (last && rooms.length === PAGE) return { nextCursor: encodeKey(last._id) }
  // The consumer may have stored mentions, or events to be tried again, since the erasure began.
  await parts.failedEvents.erase(erased)
  await store.mentions.removeUser(userId)
  await store.users.remove(userId)
  return { nextCursor: null }
}

async function removeOwnData(parts: Parts, userId: string) {
  const { users } = parts.store
  await users.removeOtherData(userId)
  for (const blockerId of await users.allBlockersOf(userId)) await unblock(parts, blockerId, userId)
}

/**
 * Removes room events of the user from the store, then from the stream, which is filled from the store.
 * @returns where to continue; null at the end
 */
async function scrubEvents(
  parts: Parts,
  caller: Caller,
  erased: Erased,
  key: string,
): Promise<string | null> {
  const until = performance.now() + BUDGET_MS
  // Later events do not name the user, who is in no room any more.
  if (key === STORED) await parts.outbox.settled(SETTLE_MS)
  if (key.startsWith(STORED)) {
    const last = await removeStoredEvents(parts, caller, erased, key.slice(STORED.length), until)
    if (last !== null) return `${STORED}${last}`
  }
  const next = await eraseEventsOfKind({
    bus: parts.bus,
    kind: 'fact',
    from: key.startsWith(STREAM) ? Number(key.slice(STREAM.length)) : 1,
    until,
    isErased: ({ fact }) => isAbout(parts, caller, fact, erased),
  })
  return next === null ? null : `${STREAM}${next}`
}

/** @returns the last event that was read when the time is over; null at the end */
async function removeStoredEvents(
  parts: Parts,
  caller: Caller,
  erased: Erased,
  after: string,
  until: number,
): Promise<string | null> {
  const { roomEvents } = parts.store
  for (let last = after; ; ) {
    const page = await roomEvents.after(last, PAGE)
    if (page.length === 0) return null
    const named: string[] = []
    for (const { _id, fact } of page) {
      if (await isAbout(parts, caller, fact, erased)) named.push(_id)
      last = _id
      if (performance.now() > until) break
    }
    await roomEvents.remove(named)
    if (performance.now() > until) return last
  }
}

async function isAbout(
  parts: Parts,
  caller: Caller,
  fact: RoomActivityEvent,
  erased: Erased,
): Promise<boolean> {
  const announcement = 'room' in fact.data ? fact.data.room.announcement : null
  const more = await withMentions(parts, caller, fact.roomId, [announcement], erased)
  return activityWithout(fact, more) !== fact
}

async function eraseInRoom(parts: Parts, caller: Caller, room: QuotingRoom, user: Erased) {
  const { store, bus, broadcast } = parts
  const { _id: roomId, lastMessage, announcement } = room
  const erased = await withMentions(parts, caller, roomId, [lastMessage?.replyTo ?? null, announcement], user)
  const newMessage = lastMessage && messageWithout(lastMessage, erased)
  const newAnnouncement = announcement && announcementWithout(announcement, erased)
  if (newAnnouncement === announcement && newMessage === lastMessage) return
  if (announcement && newAnnouncement !== announcement)
    await store.rooms.replaceAnnouncement(roomId, announcement, newAnnouncement)
  if (newMessage && newMessage !== lastMessage) await store.rooms.replaceLastMessage(newMessage)
  bus.publishRoom(roomId, 'gone', {})
  broadcast.publishSoon(roomId)
}

/** Adds which of the room's messages mention the user. It asks messages only if one of the quotes contains the name. */
async function withMentions(
  { bus }: Parts,
  caller: Caller,
  roomId: string,
  quotes: (Quote | null)[],
  erased: Erased,
): Promise<Erased> {
  const { userId, nickName = '' } = erased
  const names = (quote: Quote | null) =>
    quote !== null && quote.messageId !== null && textWithout(quote.text, nickName) !== quote.text
  if (!quotes.some(names)) return erased
  const mentionedIn = new Set<string>()
  for await (const messageIds of erasedMentions(bus, caller, { userId, roomId }))
    for (const messageId of messageIds) mentionedIn.add(messageId)
  return { ...erased, mentionedIn }
}
