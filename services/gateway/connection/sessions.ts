import { setTimeout as delay } from 'node:timers/promises'
import { Fault, type RoomEvents } from '@chat/contract'
import { type Bus, confirm, type Limits, type Logger } from '@chat/service'
import type { Msg, Subscription } from '@nats-io/transport-node'
import type { BlockedUsers } from '../delivery/blocked-users.ts'
import type { RoomUpdates } from '../delivery/room-updates.ts'
import type { Presence } from '../presence/presence.ts'
import type { Identity } from './auth.ts'
import { type ClientSocket, Session } from './session.ts'
import { closeRoom, leaveRooms, loadRooms, revoke } from './session-rooms.ts'
import { applyUserEvent } from './user-events.ts'

const RETRY_MS = 500
const RELOADS_AT_ONCE = 20

type Parts = {
  bus: Bus
  logger: Logger
  updates: RoomUpdates
  blockedUsers: BlockedUsers
  presence: Presence
  limits: Limits
}
type Entry = {
  session: Session
  subscription: Subscription
  loading: Promise<void>
  /** Events of the user that came while the session was being loaded. */
  queued: Msg[] | null
}

export class Sessions {
  private readonly parts: Parts
  private readonly entries = new Map<string, Entry>()

  constructor(parts: Parts) {
    this.parts = parts
    parts.bus.subscribe(parts.bus.subjects.everyRoom('access'), (event) => this.takeAccess(event))
  }

  /** The socket's session, loaded; subscribed before, so that no event is missed. @throws TOKEN_INVALID if revoked */
  async enter(socket: ClientSocket, requestId: string): Promise<Session> {
    const { identity } = socket.data
    const { session, loading } = this.entries.get(identity.userId) ?? this.create(identity, requestId)
    // Counted before it is loaded, so that the session is not dropped meanwhile.
    session.sockets.add(socket)
    session.issuedAt = Math.max(session.issuedAt, identity.issuedAt)
    try {
      await loading
      if (identity.issuedAt < session.issuedFrom) throw new Fault('TOKEN_INVALID')
    } catch (error) {
      this.leave(session, socket)
      throw error
    }
    this.closeOldest(session)
    return session
  }

  leave(session: Session, socket: ClientSocket) {
    session.sockets.delete(socket)
    const entry = this.entries.get(session.userId)
    if (entry?.session !== session || session.sockets.size > 0) return
    this.entries.delete(session.userId)
    entry.subscription.unsubscribe()
    this.parts.presence.leave(session.userId)
    leaveRooms(this.parts, session)
  }

  async reload() {
    // The workers share one iterator.
    const waiting = [...this.entries.values()].values()
    const work = async () => {
      for (const { session } of waiting) await this.reloadOne(session)
    }
    await Promise.all(Array.from({ length: RELOADS_AT_ONCE }, work))
  }

  private async reloadOne(session: Session) {
    while (session.sockets.size > 0) {
      try {
        return await loadRooms(this.parts, session, crypto.randomUUID())
      } catch (err) {
        if (err instanceof Fault && err.code === 'TOKEN_INVALID') return revoke(session, Infinity)
        this.parts.logger.warn({ err, userId: session.userId }, 'session not reloaded, retrying')
        await delay(RETRY_MS)
      }
    }
  }

  /** Closes the connection and not the socket: a socket that is still being let in cannot be disconnected. */
  private closeOldest(session: Session) {
    while (session.sockets.size > this.parts.limits.socketsPerUser) {
      const [oldest] = session.sockets as unknown as [ClientSocket]
      session.sockets.delete(oldest)
      oldest.conn.close()
    }
  }

  private create(identity: Identity, requestId: string): Entry {
    const { bus, presence, limits } = this.parts
    const { userId } = identity
    const subject = bus.subjects.userEvent(userId, '*')
    const entry: Entry = {
      session: new Session(identity, limits),
      subscription: bus.subscribe(subject, (event) => this.takeEvent(entry, event)),
      loading: Promise.resolve(),
      queued: [],
    }
    presence.enter(userId)
    entry.loading = this.load(entry, requestId)
    this.entries.set(userId, entry)
    return entry
  }

  private async load(entry: Entry, requestId: string) {
    await this.parts.bus.flush()
    await loadRooms(this.parts, entry.session, requestId)
    const queued = entry.queued ?? []
    entry.queued = null
    for (const event of queued) this.takeEvent(entry, event)
  }

  private takeEvent(entry: Entry, event: Msg) {
    if (entry.queued) entry.queued.push(event)
    else applyUserEvent(this.parts, entry.session, event)
  }

  /** Once it is confirmed, no removed member receives the room's events from this gateway. */
  private takeAccess(event: Msg) {
    const { roomId, removed = [], room, standing = [] } = event.json<RoomEvents['access']>()
    for (const userId of removed) {
      const session = this.entries.get(userId)?.session
      if (session && room && session.removeRoom(roomId, room.updatedAt))
        closeRoom(this.parts, session, roomId, room)
    }
    for (const { _id, master, mutedUntil } of standing) {
      const viewer = this.entries.get(_id)?.session.rooms.get(roomId)
      if (!viewer) continue
      const { mutedUntil: _before, ...member } = viewer.member
      viewer.member = { ...member, master, ...(mutedUntil && { mutedUntil }) }
    }
    confirm(this.parts.bus, event)
  }
}
