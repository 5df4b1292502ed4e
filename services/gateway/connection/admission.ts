import { Fault } from '@chat/contract'
import type { Bus, Limits, Logger, Metrics } from '@chat/service'
import type { MessageDelivery } from '../delivery/message-delivery.ts'
import { OpenRooms } from '../delivery/open-rooms.ts'
import type { RoomUpdates } from '../delivery/room-updates.ts'
import type { Dispatch } from '../requests/dispatch.ts'
import type { Authenticate } from './auth.ts'
import { endAtExpiry } from './expiry.ts'
import { connectionRate } from './rate-limits.ts'
import type { ClientSocket, Clients, Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { connectError } from './socket-server.ts'

type Parts = {
  clients: Clients
  authenticate: Authenticate
  sessions: Sessions
  bus: Bus
  updates: RoomUpdates
  delivery: MessageDelivery
  dispatch: Dispatch
  limits: Limits
  logger: Logger
  metrics: Metrics
}

/** Lets clients in: token first, then the session, so that a connected client receives events. */
export function admitSockets(parts: Parts) {
  const { clients, logger, metrics } = parts
  clients.use(async (socket, next) => {
    const requestId = crypto.randomUUID()
    try {
      await admit(parts, socket, requestId)
      metrics.sockets.set(clients.sockets.size + 1)
      metrics.connections.inc({ code: 'OK' })
      next()
    } catch (error) {
      const code = error instanceof Fault ? error.code : 'INTERNAL'
      logger.debug({ requestId, code }, 'connection refused')
      const refusal = new Fault(FINAL_REFUSALS.find((known) => known === code) ?? 'SERVICE_UNAVAILABLE')
      metrics.connections.inc({ code: refusal.code })
      next(connectError(refusal))
    }
  })
  clients.on('connection', (socket) => attach(parts, socket))
}

/** A client that is refused for anything else is to try again. */
const FINAL_REFUSALS = ['TOKEN_INVALID', 'TOKEN_EXPIRED'] as const

async function admit({ authenticate, sessions, limits }: Parts, socket: ClientSocket, requestId: string) {
  socket.data.identity = await authenticate(socket.handshake.auth.token)
  const session = await sessions.enter(socket, requestId)
  socket.data.session = session
  socket.data.rate = connectionRate(limits)
  // socket.io emits no `disconnect` for a client that goes before it is let in.
  socket.conn.once('close', () => sessions.leave(session, socket))
  if (socket.conn.readyState === 'closed') sessions.leave(session, socket)
}

function attach({ clients, metrics, ...parts }: Parts, socket: ClientSocket) {
  const { userId, expiresAt, issuedAt } = socket.data.identity
  const session = socket.data.session as Session
  const openRooms = new OpenRooms(parts, socket, session)
  socket.data.openRooms = openRooms
  // A token that was revoked while the socket was being let in did not see the revocation.
  endAtExpiry(socket, userId, issuedAt < session.issuedFrom ? 0 : expiresAt)
  parts.dispatch.attach(socket)
  socket.on('disconnect', (reason) => {
    metrics.disconnections.inc({ reason })
    openRooms.closeAll()
    parts.sessions.leave(session, socket)
    metrics.sockets.set(clients.sockets.size)
  })
}
