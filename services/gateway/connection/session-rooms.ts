import type { Caller, Output, Room } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { BlockedUsers } from '../delivery/blocked-users.ts'
import type { RoomUpdates } from '../delivery/room-updates.ts'
import { endNow } from './expiry.ts'
import type { Session } from './session.ts'

type Parts = { bus: Bus; updates: RoomUpdates; blockedUsers: BlockedUsers }

/** Loads the rooms of sessions from rooms, and keeps subscriptions in step with them. */
export class SessionRooms {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  async load(session: Session, requestId: string) {
    const { bus, updates } = this.parts
    const loaded = await bus.ask('openSession', callerOf(session, requestId), openingOf(session))
    revoke(session, loaded.issuedFrom ?? 0)
    const missed = this.replaceRooms(session, loaded)
    await bus.flush()
    for (const roomId of missed) updates.refresh(roomId)
  }

  async join(session: Session, roomId: string) {
    const { bus, updates } = this.parts
    const caller = callerOf(session, crypto.randomUUID())
    const { rooms } = await bus.ask('openSession', caller, { ...openingOf(session), roomId })
    const hasLeft = session.sockets.size === 0
    if (!rooms[0] || !session.addRoom(rooms[0]) || hasLeft) return
    updates.subscribe(roomId, session)
    await bus.flush()
  }

  /** Closes a room on the sockets of a former member, and shows them the room for the last time. */
  close(session: Session, roomId: string, room: Room | null = this.parts.updates.cache.lastView(roomId)) {
    for (const socket of session.sockets) socket.data.openRooms?.close(roomId)
    this.parts.updates.unsubscribe(roomId, session)
    if (room) session.emit('listenRoom', room)
  }

  leaveAll(session: Session) {
    this.parts.blockedUsers.set(session, [])
    for (const roomId of session.rooms.keys()) this.parts.updates.unsubscribe(roomId, session)
  }

  /** @returns rooms with messages that this gateway has not heard of */
  private replaceRooms(session: Session, { rooms, blocked }: Output<'openSession'>): string[] {
    const { updates, blockedUsers } = this.parts
    const before = session.rooms
    session.rooms = new Map()
    blockedUsers.set(session, blocked)
    const missed: string[] = []
    for (const loaded of rooms) {
      const { roomId, lastSeq } = loaded
      if (!session.addRoom(loaded)) continue
      updates.subscribe(roomId, session)
      if (before.has(roomId) && lastSeq > updates.cache.lastSeq(roomId)) missed.push(roomId)
      updates.cache.noteLastSeq(roomId, lastSeq)
    }
    for (const roomId of before.keys()) if (!session.rooms.has(roomId)) this.close(session, roomId)
    return missed
  }
}

/** Disconnects the sockets with older tokens. One that is being let in is refused by `Sessions.enter`. */
export function revoke(session: Session, issuedFrom: number) {
  session.issuedFrom = Math.max(session.issuedFrom, issuedFrom)
  for (const socket of session.sockets) {
    const isRevoked = socket.data.identity.issuedAt < issuedFrom
    if (isRevoked && socket.connected) endNow(socket, session.userId)
  }
}

const callerOf = ({ userId }: Session, requestId: string): Caller => ({ userId, requestId })
const openingOf = ({ profile, issuedAt }: Session) => ({ ...profile, issuedAt })
