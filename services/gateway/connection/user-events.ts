import { kindOf, type UserEvents } from '@chat/contract'
import type { Bus, Logger } from '@chat/service'
import type { Msg } from '@nats-io/transport-node'
import type { BlockedUsers } from '../delivery/blocked-users.ts'
import { asSeenBy } from '../delivery/broadcast.ts'
import type { RoomUpdates } from '../delivery/room-updates.ts'
import type { Session } from './session.ts'
import { joinRoom, revoke } from './session-rooms.ts'

const RETRY_MS = 500

type Parts = { bus: Bus; logger: Logger; updates: RoomUpdates; blockedUsers: BlockedUsers }
type Handlers = {
  [K in keyof UserEvents]?: (parts: Parts, session: Session, event: UserEvents[K]) => unknown
}

const handlers: Handlers = {
  cursor: moveCursor,
  joined: (parts, session, { roomId }) => welcome(parts, session, roomId),
  alarm: setAlarm,
  exportReady: (_parts, session, event) => session.emit('exportReady', event),
  revoked: (_parts, session, { issuedFrom }) => revoke(session, issuedFrom),
  blocks: ({ blockedUsers }, session, { blocked }) => blockedUsers.set(session, blocked),
  mention: takeMention,
}

/** Applies an event of a user (`chat.event.user.<user>.<kind>`) to their session. */
export function applyUserEvent(parts: Parts, session: Session, event: Msg) {
  const kind = kindOf(event.subject)
  const handler = Object.hasOwn(handlers, kind) ? handlers[kind as keyof UserEvents] : undefined
  if (handler) void handler(parts, session, event.json<never>())
}

function moveCursor({ updates }: Parts, session: Session, { roomId, readSeq, by }: UserEvents['cursor']) {
  session.noteCursor(roomId, readSeq)
  // After a send the room's `news` follows. After reading nothing else would tell the other sockets.
  if (by === 'read' && session.rooms.has(roomId)) updates.refresh(roomId, 'updateRoomLastMessage', [session])
}

function setAlarm({ updates }: Parts, session: Session, { roomId, alarmOn }: UserEvents['alarm']) {
  const viewer = session.rooms.get(roomId)
  if (!viewer) return
  viewer.member = { ...viewer.member, alarmOn }
  updates.refresh(roomId, 'updateRoomLastMessage', [session])
}

async function takeMention(parts: Parts, session: Session, { message, ...state }: UserEvents['mention']) {
  const { logger, updates } = parts
  const { roomId } = state
  // The event may arrive before the one about their joining the room.
  if (message && !session.rooms.has(roomId))
    await joinRoom(parts, session, roomId).catch((err) =>
      logger.warn({ err, roomId }, 'mention not delivered'),
    )
  // As a rule the room's `news` follows. Where it came before, nothing else would send the new count.
  if (session.noteMention(state) && updates.cache.lastSeq(roomId) >= state.seq)
    updates.refresh(roomId, 'updateRoomLastMessage', [session])
  if (!message || !session.rooms.has(roomId) || !session.announceMention(message._id)) return
  session.emit('mention', { roomId, message: asSeenBy(message, session) })
}

async function welcome(parts: Parts, session: Session, roomId: string): Promise<void> {
  try {
    await joinRoom(parts, session, roomId)
    if (session.rooms.has(roomId)) parts.updates.refresh(roomId, 'listenRoom', [session])
  } catch (err) {
    parts.logger.warn({ err, userId: session.userId, roomId }, 'new room not loaded, retrying')
    setTimeout(() => session.sockets.size > 0 && void welcome(parts, session, roomId), RETRY_MS)
  }
}
