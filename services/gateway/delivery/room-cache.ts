import { messageId, type Room, type RoomEvents, type RoomLook } from '@chat/contract'
import type { Bus } from '@chat/service'

const REMEMBERED_ROOMS = 2_000

/** How rooms looked when last told of, so that new messages and moved cursors cost no question. */
export class RoomCache {
  private readonly bus: Bus
  private readonly looks = new Map<string, RoomLook>()
  /** The same as they were before an outage, until sessions are loaded again. */
  private before = new Map<string, RoomLook>()
  /** Counts how often each room's look was made worthless: one that was on its way then is not kept. */
  private readonly turns = new Map<string, number>()
  /** How far each room was when last told of, to see after an outage what was missed. */
  private readonly seen = new Map<string, number>()

  constructor(bus: Bus) {
    this.bus = bus
  }

  get(roomId: string): RoomLook | undefined {
    return this.looks.get(roomId)
  }

  lastSeq(roomId: string): number {
    return this.seen.get(roomId) ?? 0
  }

  noteLastSeq(roomId: string, seq: number) {
    this.seen.set(roomId, Math.max(seq, this.lastSeq(roomId)))
  }

  /** Keeps how a room looks. @returns it with what was known already and is newer */
  keep(room: RoomLook): RoomLook {
    const known = this.looks.get(room._id)
    const newest = known ? merged(known, room) : room
    this.looks.delete(room._id)
    this.looks.set(room._id, newest)
    this.noteLastSeq(room._id, newest.lastSeq)
    if (this.looks.size > REMEMBERED_ROOMS) this.looks.delete(this.looks.keys().next().value as string)
    return newest
  }

  moveCursor(roomId: string, userId: string, seq: number) {
    const look = this.looks.get(roomId)
    if (look) moveCursorTo(look, userId, messageId(roomId, seq))
  }

  /** It is not worth anything any more: the next who needs it asks. */
  drop(roomId: string) {
    this.looks.delete(roomId)
    this.turns.set(roomId, (this.turns.get(roomId) ?? 0) + 1)
  }

  /** The room is not heard here any more. */
  forget(roomId: string) {
    this.looks.delete(roomId)
    this.turns.delete(roomId)
    this.seen.delete(roomId)
  }

  /** What rooms looked like is worth nothing once events may have been missed. */
  pause() {
    this.before = new Map([...this.before, ...this.looks])
    this.looks.clear()
  }

  resume() {
    this.before.clear()
  }

  /** The room as one sees it a last time who is in it no more; null where it is not known how it looked. */
  last(roomId: string): Room | null {
    const look = this.looks.get(roomId) ?? this.before.get(roomId)
    if (!look) return null
    const { since: _since, gone: _gone, ...room } = look
    return { ...room, joinUsers: [], lastMessage: null, announcement: null, removed: true }
  }

  /** Asks how rooms look. @returns those whose look was made worthless while it was on its way */
  async fetch(asked: { roomId: string; since: number }[]): Promise<Set<string>> {
    if (asked.length === 0) return new Set()
    const turns = new Map(asked.map(({ roomId }) => [roomId, this.turns.get(roomId)]))
    const caller = { userId: '', requestId: crypto.randomUUID() }
    const { rooms } = await this.bus.ask('viewRooms', caller, { rooms: asked })
    const isStale = (roomId: string) => this.turns.get(roomId) !== turns.get(roomId)
    for (const room of rooms) if (!isStale(room._id)) this.keep(room)
    return new Set([...turns.keys()].filter(isStale))
  }
}

type Last = Pick<RoomEvents['news'], 'lastSeq'> & Pick<Room, 'lastMessage'>

/** A later message, or the same one as it became later. */
export const isLater = (a: Last, b: Last) =>
  a.lastSeq > b.lastSeq ||
  (a.lastSeq === b.lastSeq && (a.lastMessage?.updatedAt ?? '') > (b.lastMessage?.updatedAt ?? ''))

/** What is told late, or was read before something else was told, takes nothing back. */
function merged(known: RoomLook, told: RoomLook): RoomLook {
  const { lastSeq, lastMessage } = isLater(known, told) ? known : told
  const { since, gone } = told
  const room = { ...(known.updatedAt > told.updatedAt ? known : told), lastSeq, lastMessage, since, gone }
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
