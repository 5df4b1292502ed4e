import type { Caller, Output, Room } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { BlockedUsers } from '../delivery/blocked-users.ts'
import type { RoomUpdates } from '../delivery/room-updates.ts'
import { endNow } from './expiry.ts'
import type { Session } from './session.ts'

// Loads the rooms of sessions from rooms, and keeps subscriptions in step with them.

type Joining = { bus: Bus; updates: RoomUpdates }
type Parts = Joining & { blockedUsers: BlockedUsers }

export async function loadRooms(parts: Parts, session: Session, requestId: string) {
  const { bus, updates } = parts
  const loaded = await bus.ask('openSession', callerOf(session, requestId), openingOf(session))
  revoke(session, loaded.issuedFrom ?? 0)
  const missed = replaceRooms(parts, session, loaded)
  await bus.flush()
  for (const roomId of missed) updates.refresh(roomId)
}

export async function joinRoom({ bus, updates }: Joining, session: Session, roomId: string) {
  const caller = callerOf(session, crypto.randomUUID())
  const { rooms } = await bus.ask('openSession', caller, { ...openingOf(session), roomId })
  const hasLeft = session.sockets.size === 0
  if (!rooms[0] || !session.addRoom(rooms[0]) || hasLeft) return
  updates.subscribe(roomId, session)
  await bus.flush()
}

/** Closes a room on the sockets of a former member, and shows them the room for the last time. */
export function closeRoom(
  { updates }: Joining,
  session: Session,
  roomId: string,
  room: Room | null = updates.cache.lastView(roomId),
) {
  for (const socket of session.sockets) socket.data.openRooms?.close(roomId)
  updates.unsubscribe(roomId, session)
  if (room) session.emit('listenRoom', room)
}

export function leaveRooms({ updates, blockedUsers }: Parts, session: Session) {
  blockedUsers.set(session, [])
  for (const roomId of session.rooms.keys()) updates.unsubscribe(roomId, session)
}

/** @returns rooms with messages that this gateway has not heard of */
function replaceRooms(parts: Parts, session: Session, { rooms, blocked }: Output<'openSession'>): string[] {
  const { updates, blockedUsers } = parts
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
  for (const roomId of before.keys()) if (!session.rooms.has(roomId)) closeRoom(parts, session, roomId)
  return missed
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
