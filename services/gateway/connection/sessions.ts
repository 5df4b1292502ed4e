import {
  type Caller,
  Fault,
  kindOf,
  type Output,
  type Room,
  type RoomEvents,
  type UserEvents,
} from '@chat/contract'
import { type Bus, confirm, type Limits, type Logger } from '@chat/service'
import type { Msg, Subscription } from '@nats-io/transport-node'
import type { Socket } from 'socket.io'
import type { BlockCache } from '../delivery/block-cache.ts'
import { asSeenBy } from '../delivery/broadcast.ts'
import type { RoomUpdates } from '../delivery/room-updates.ts'
import type { Presence } from '../presence/presence.ts'
import { openRoomsOf } from '../requests/effects.ts'
import type { Identity } from './auth.ts'
import { endNow } from './expiry.ts'
import { Session } from './session.ts'

const RETRY_MS = 500
const RELOADS_AT_ONCE = 20

type Loaded = Output<'openSession'>
type Held = {
  session: Session
  subscription: Subscription
  loading: Promise<void>
  /** Events of the user that came while the session was being loaded. */
  early: Msg[] | null
}

/** Everybody who is connected here. */
export class Sessions {
  private readonly bus: Bus
  private readonly logger: Logger
  private readonly audience: RoomUpdates
  private readonly blocks: BlockCache
  private readonly presence: Presence
  private readonly limits: Limits
  private readonly held = new Map<string, Held>()

  constructor(parts: {
    bus: Bus
    logger: Logger
    audience: RoomUpdates
    blocks: BlockCache
    presence: Presence
    limits: Limits
  }) {
    this.bus = parts.bus
    this.logger = parts.logger
    this.audience = parts.audience
    this.blocks = parts.blocks
    this.presence = parts.presence
    this.limits = parts.limits
    this.bus.subscribe(this.bus.subjects.everyRoom('access'), (event) => this.hearAccess(event))
  }

  /**
   * The user's session, loaded: who they are and which rooms, with nothing lost between loading and hearing.
   * The socket is counted in before loading, so that the session is not let go meanwhile.
   * @throws TOKEN_INVALID where the token is revoked
   */
  async enter(identity: Identity, socket: Socket, requestId: string): Promise<Session> {
    const held = this.held.get(identity.userId) ?? this.hold(identity, requestId)
    held.session.sockets.add(socket)
    held.session.issuedAt = Math.max(held.session.issuedAt, identity.issuedAt)
    Object.assign(socket.data, { issuedAt: identity.issuedAt })
    try {
      await held.loading
      if (identity.issuedAt < held.session.issuedFrom) throw new Fault('TOKEN_INVALID')
    } catch (error) {
      this.leave(held.session, socket)
      throw error
    }
    this.closeOldest(held.session)
    return held.session
  }

  /** Closes the connection and not the socket: one that is still being let in has nothing to disconnect. */
  private closeOldest(session: Session) {
    while (session.sockets.size > this.limits.socketsPerUser) {
      const [oldest] = session.sockets as unknown as [Socket]
      session.sockets.delete(oldest)
      oldest.conn.close()
    }
  }

  leave(session: Session, socket: Socket) {
    session.sockets.delete(socket)
    const held = this.held.get(session.userId)
    if (held?.session !== session || session.sockets.size > 0) return
    this.held.delete(session.userId)
    held.subscription.unsubscribe()
    this.presence.leave(session.userId)
    this.blocks.set(session, [])
    for (const roomId of session.rooms.keys()) this.audience.remove(roomId, session)
  }

  /** After the bus was lost: what sessions may see is loaded again before anything is emitted. */
  async reload() {
    const waiting = [...this.held.values()]
    const work = async () => {
      for (let held = waiting.pop(); held; held = waiting.pop()) await this.reloadOne(held)
    }
    await Promise.all(Array.from({ length: RELOADS_AT_ONCE }, work))
  }

  private async reloadOne({ session }: Held) {
    while (session.sockets.size > 0) {
      try {
        return await this.load(session, crypto.randomUUID())
      } catch (err) {
        if (err instanceof Fault && err.code === 'TOKEN_INVALID') return this.revoke(session, Infinity)
        this.logger.warn({ err, userId: session.userId }, 'session not reloaded, will try again')
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  private hold(identity: Identity, requestId: string): Held {
    const { userId } = identity
    const session = new Session(identity, this.limits)
    const held: Held = {
      session,
      subscription: this.bus.subscribe(this.bus.subjects.userEvent(userId, '*'), (event) =>
        this.hear(held, event),
      ),
      loading: Promise.resolve(),
      early: [],
    }
    this.presence.enter(userId)
    held.loading = this.begin(held, requestId)
    this.held.set(userId, held)
    return held
  }

  private async begin(held: Held, requestId: string) {
    await this.bus.flush()
    await this.load(held.session, requestId)
    const early = held.early ?? []
    held.early = null
    for (const event of early) this.apply(held.session, event)
  }

  private async load(session: Session, requestId: string) {
    const caller: Caller = { userId: session.userId, requestId }
    const loaded = await this.bus.ask('openSession', caller, openingOf(session))
    this.revoke(session, loaded.issuedFrom ?? 0)
    const missed = this.takeRooms(session, loaded)
    await this.bus.flush()
    for (const roomId of missed) this.audience.showAll(roomId)
  }

  /** @returns rooms that moved on while nothing was heard of them */
  private takeRooms(session: Session, { rooms, blocked }: Loaded): string[] {
    const before = session.rooms
    session.rooms = new Map()
    this.blocks.set(session, blocked)
    const missed: string[] = []
    for (const loaded of rooms) {
      const { roomId, lastSeq } = loaded
      if (!session.enter(loaded)) continue
      this.audience.add(roomId, session)
      if (before.has(roomId) && lastSeq > this.audience.looks.lastSeq(roomId)) missed.push(roomId)
      this.audience.looks.noteLastSeq(roomId, lastSeq)
    }
    for (const roomId of before.keys()) if (!session.rooms.has(roomId)) this.shut(session, roomId)
    return missed
  }

  /** Once it is confirmed nobody who was removed hears the room here any more. */
  private hearAccess(event: Msg) {
    const { roomId, removed = [], room, standing = [] } = event.json<RoomEvents['access']>()
    for (const userId of removed) {
      const session = this.held.get(userId)?.session
      if (session && room && session.exit(roomId, room.updatedAt)) this.shut(session, roomId, room)
    }
    for (const { _id, master, mutedUntil } of standing) {
      const viewer = this.held.get(_id)?.session.rooms.get(roomId)
      if (viewer) viewer.member = { ...viewer.member, master, ...(mutedUntil && { mutedUntil }) }
    }
    confirm(this.bus, event)
  }

  /** Closes a room on every socket of one who is in it no more, and shows it a last time. */
  private shut(session: Session, roomId: string, room: Room | null = this.audience.looks.last(roomId)) {
    for (const socket of session.sockets) openRoomsOf(socket)?.close(roomId)
    this.audience.remove(roomId, session)
    if (room) session.emit('listenRoom', room)
  }

  private hear(held: Held, event: Msg) {
    if (held.early) held.early.push(event)
    else this.apply(held.session, event)
  }

  private apply(session: Session, event: Msg) {
    const kind = kindOf(event.subject) as keyof UserEvents
    if (kind === 'cursor') this.moveCursor(session, event.json())
    else if (kind === 'joined') void this.welcome(session, event.json())
    else if (kind === 'alarm') this.setAlarm(session, event.json())
    else if (kind === 'exportReady') session.emit('exportReady', event.json())
    else if (kind === 'revoked') this.revoke(session, event.json<UserEvents['revoked']>().issuedFrom)
    else if (kind === 'blocks') this.blocks.set(session, event.json<UserEvents['blocks']>().blocked)
    else if (kind === 'mention') void this.noteMention(session, event.json())
  }

  private async noteMention(session: Session, { message, ...state }: UserEvents['mention']) {
    const { roomId } = state
    // It may have come with a room that they have just become a member of.
    if (message && !session.rooms.has(roomId)) {
      await this.join(session, roomId).catch((err) => this.logger.warn({ err, roomId }, 'mention not told'))
    }
    // As a rule the room's news follows; where it has come before, nothing else would tell the new count.
    if (session.noteMention(state) && this.audience.looks.lastSeq(roomId) >= state.seq)
      this.audience.show(roomId, session, 'updateRoomLastMessage')
    if (!message || !session.rooms.has(roomId) || !session.takeMention(message._id)) return
    session.emit('mention', { roomId, message: asSeenBy(message, session) })
  }

  /** Ends the sockets that older tokens opened. One that is being let in has nothing to be told by. */
  private revoke(session: Session, issuedFrom: number) {
    session.issuedFrom = Math.max(session.issuedFrom, issuedFrom)
    for (const socket of session.sockets) {
      if ((socket.data as { issuedAt: number }).issuedAt >= issuedFrom) continue
      if (socket.connected) endNow(socket, session.userId)
    }
  }

  private moveCursor(session: Session, { roomId, readSeq, by }: UserEvents['cursor']) {
    session.noteCursor(roomId, readSeq)
    // After a send the room's own announcement follows; after reading nothing else would tell the other sockets.
    if (by === 'read' && session.rooms.has(roomId))
      this.audience.show(roomId, session, 'updateRoomLastMessage')
  }

  private setAlarm(session: Session, { roomId, alarmOn }: UserEvents['alarm']) {
    const viewer = session.rooms.get(roomId)
    if (!viewer) return
    viewer.member = { ...viewer.member, alarmOn }
    this.audience.show(roomId, session, 'updateRoomLastMessage')
  }

  /** Takes in one room that the session did not know. */
  async join(session: Session, roomId: string) {
    const caller: Caller = { userId: session.userId, requestId: crypto.randomUUID() }
    const { rooms } = await this.bus.ask('openSession', caller, { ...openingOf(session), roomId })
    const [found] = rooms
    if (!found || !session.enter(found)) return
    // Its last socket may have gone meanwhile.
    if (session.sockets.size === 0) return
    this.audience.add(roomId, session)
    await this.bus.flush()
  }

  private async welcome(session: Session, { roomId }: UserEvents['joined']): Promise<void> {
    try {
      await this.join(session, roomId)
      if (session.rooms.has(roomId)) this.audience.show(roomId, session, 'listenRoom')
    } catch (err) {
      this.logger.warn({ err, userId: session.userId, roomId }, 'new room not loaded, will try again')
      setTimeout(() => session.sockets.size > 0 && void this.welcome(session, { roomId }), RETRY_MS)
    }
  }
}

const openingOf = ({ profile, issuedAt }: Session) => ({ ...profile, issuedAt })
