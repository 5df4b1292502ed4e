import { type CachedRoom, roomAsSeenBy } from '@chat/contract'
import type { Logger } from '@chat/service'
import type { Session } from '../connection/session.ts'
import type { LowPriorityQueue } from './low-priority-queue.ts'
import type { RoomCache } from './room-cache.ts'

const DELAY_MS = 50
const ROOMS_PER_FETCH = 200

export type RoomViewEvent = 'listenRoom' | 'updateRoomLastMessage'
type Parts = {
  logger: Logger
  cache: RoomCache
  queue: LowPriorityQueue
  membersOf: (roomId: string) => Iterable<Session>
}

export class RoomViews {
  private readonly parts: Parts
  private readonly pending = new Map<string, Map<Session, RoomViewEvent>>()
  private timer: NodeJS.Timeout | null = null
  /** While paused, what is due waits. */
  isPaused = false

  constructor(parts: Parts) {
    this.parts = parts
  }

  send(session: Session, event: RoomViewEvent, room: CachedRoom) {
    const viewer = session.rooms.get(room._id)
    if (!viewer) return
    const member = room.joinUsers.find((user) => user._id === session.userId)
    // Only its owner is told of an alarm: the room may have an older state of it.
    if (member) viewer.member = { ...member, alarmOn: viewer.member.alarmOn }
    this.parts.queue.add(room._id, 1, () => {
      const isStillMember = session.rooms.has(room._id)
      if (isStillMember) session.emit(event, roomAsSeenBy(room, viewer, session.blocked))
    })
  }

  sendAll(event: RoomViewEvent, room: CachedRoom) {
    for (const session of this.parts.membersOf(room._id)) this.send(session, event, room)
  }

  /** Sends the room soon, as it is then; several reasons become one event. */
  refresh(roomId: string, session: Session, event: RoomViewEvent) {
    const sessions = this.pending.get(roomId) ?? new Map<Session, RoomViewEvent>()
    if (sessions.get(session) !== 'listenRoom') sessions.set(session, event)
    this.pending.set(roomId, sessions)
    this.schedule()
  }

  stop() {
    if (this.timer) clearTimeout(this.timer)
  }

  private schedule() {
    this.timer ??= setTimeout(() => this.sendPending(), DELAY_MS)
  }

  private async sendPending() {
    this.timer = null
    if (this.isPaused) return this.schedule()
    const taken = [...this.pending].slice(0, ROOMS_PER_FETCH)
    for (const [roomId] of taken) this.pending.delete(roomId)
    // A room that nobody here is in any more must not get into the cache: this gateway hears no events of it.
    const due = taken.filter(([roomId, sessions]) => sessions.keys().some(({ rooms }) => rooms.has(roomId)))
    const retry = ([roomId, sessions]: (typeof due)[number]) => {
      for (const [session, event] of sessions) this.refresh(roomId, session, event)
    }
    try {
      const outdated = due.filter(([roomId, sessions]) => this.isOutdated(roomId, sessions))
      const wanted = outdated.map(([roomId]) => ({ roomId, since: this.leastCursor(roomId) }))
      const stale = await this.parts.cache.fetch(wanted)
      due.filter(([roomId]) => stale.has(roomId)).forEach(retry)
      for (const [roomId, sessions] of due) {
        const room = stale.has(roomId) ? undefined : this.parts.cache.get(roomId)
        if (room) for (const [session, event] of sessions) this.send(session, event, room)
      }
    } catch (err) {
      this.parts.logger.warn({ err, rooms: due.length }, 'rooms not sent to clients, retrying')
      due.forEach(retry)
    }
    if (this.pending.size > 0) this.schedule()
  }

  /** Whether the room is not cached, or is known to have newer messages; for a new member it is always fetched. */
  private isOutdated(roomId: string, sessions: Map<Session, RoomViewEvent>) {
    const { cache } = this.parts
    const room = cache.get(roomId)
    return !room || room.lastSeq < cache.lastSeq(roomId) || [...sessions.values()].includes('listenRoom')
  }

  private leastCursor(roomId: string): number {
    const cursors = [...this.parts.membersOf(roomId)].map(({ rooms }) => rooms.get(roomId)?.readSeq ?? 0)
    return cursors.reduce((least, cursor) => Math.min(least, cursor), cursors[0] ?? 0)
  }
}
