import { type CachedRoom, messageId, type Room, type RoomEvents } from '@chat/contract'
import type { Bus } from '@chat/service'
import { LRUCache } from 'lru-cache'

const MAX_ROOMS = 2_000

/** Rooms as they were last sent, so that a new message or a moved cursor needs no request. */
export class RoomCache {
  private readonly bus: Bus
  private readonly rooms = new LRUCache<string, CachedRoom>({ max: MAX_ROOMS })
  /** The cached rooms that are up to date, as far as is known. */
  private readonly current = new Set<string>()
  /** The rooms of each request under way whose answer may be kept: it knows of no later event. */
  private readonly underWay = new Set<Set<string>>()
  private readonly lastSeqs = new Map<string, number>()

  constructor(bus: Bus) {
    this.bus = bus
  }

  get = (roomId: string): CachedRoom | undefined =>
    this.current.has(roomId) ? this.rooms.get(roomId) : undefined

  /** The last message that the room is known to have. */
  lastSeq = (roomId: string): number => this.lastSeqs.get(roomId) ?? 0

  noteLastSeq(roomId: string, seq: number) {
    this.lastSeqs.set(roomId, Math.max(seq, this.lastSeq(roomId)))
  }

  /** @returns the room with whatever the cache knew already and is newer */
  put(room: CachedRoom): CachedRoom {
    const known = this.get(room._id)
    const newest = known ? merged(known, room) : room
    this.rooms.set(room._id, newest)
    this.current.add(room._id)
    this.noteLastSeq(room._id, newest.lastSeq)
    return newest
  }

  moveCursor(roomId: string, userId: string, seq: number) {
    const room = this.get(roomId)
    if (room) moveCursorTo(room, userId, messageId(roomId, seq))
  }

  /** The room is out of date: whoever needs it next fetches it. */
  drop(roomId: string) {
    this.rooms.delete(roomId)
    for (const roomIds of this.underWay) roomIds.delete(roomId)
  }

  forget(roomId: string) {
    this.drop(roomId)
    this.current.delete(roomId)
    this.lastSeqs.delete(roomId)
  }

  /** Events may be missed from now on: every room is out of date. */
  pause() {
    this.current.clear()
    for (const roomIds of this.underWay) roomIds.clear()
  }

  /** What a former member is sent of the room; null where the cache does not know it. */
  lastView(roomId: string): Room | null {
    const known = this.rooms.get(roomId)
    if (!known) return null
    const { since: _since, gone: _gone, ...room } = known
    return { ...room, joinUsers: [], lastMessage: null, announcement: null, removed: true }
  }

  /** Fetches rooms from rooms. @returns the ids of those that changed or were forgotten meanwhile, and are not kept */
  async fetch(wanted: { roomId: string; since: number }[]): Promise<Set<string>> {
    if (wanted.length === 0) return new Set()
    const roomIds = wanted.map(({ roomId }) => roomId)
    const fresh = new Set(roomIds)
    this.underWay.add(fresh)
    try {
      const caller = { userId: '', requestId: crypto.randomUUID() }
      const { rooms } = await this.bus.ask('viewRooms', caller, { rooms: wanted })
      for (const room of rooms) if (fresh.has(room._id)) this.put(room)
      return new Set(roomIds).difference(fresh)
    } finally {
      this.underWay.delete(fresh)
    }
  }
}

type Last = Pick<RoomEvents['news'], 'lastSeq'> & Pick<Room, 'lastMessage'>

/** Whether `a` has a later last message, or a later state of the same one. */
export const isLater = (a: Last, b: Last) =>
  a.lastSeq > b.lastSeq ||
  (a.lastSeq === b.lastSeq && (a.lastMessage?.updatedAt ?? '') > (b.lastMessage?.updatedAt ?? ''))

/** Answers and events may arrive in any order: of each part of the room the later state counts. */
function merged(known: CachedRoom, coming: CachedRoom): CachedRoom {
  const { lastSeq, lastMessage } = isLater(known, coming) ? known : coming
  const { since, gone } = coming
  const room = { ...(known.updatedAt > coming.updatedAt ? known : coming), lastSeq, lastMessage, since, gone }
  for (const { _id, lastReadMessageId } of known.joinUsers) {
    if (lastReadMessageId !== null) moveCursorTo(room, _id, lastReadMessageId)
  }
  return room
}

function moveCursorTo(room: Room, userId: string, id: string) {
  const user = room.joinUsers.find((candidate) => candidate._id === userId)
  // Ids of one room sort as their seqs do.
  if (user && (user.lastReadMessageId ?? '') < id) user.lastReadMessageId = id
}
