import type { Server as HttpServer } from 'node:http'
import { Fault } from '@chat/contract'
import type { Config, Logger, Metrics } from '@chat/service'
import { type Namespace, Server, type Socket } from 'socket.io'
import type { Connected } from '../requests/dispatch.ts'
import type { Authenticate, Identity } from './auth.ts'
import { connectionRate } from './rate-limits.ts'
import type { Sessions } from './sessions.ts'

/** What base64, JSON and the event's name add to a file chunk at most. */
const PACKET_OVERHEAD_BYTES = 16_384
const BACKLOG_CHECK_MS = 1_000

type Settings = Pick<Config, 'namespace' | 'allowedOrigins' | 'limits'>

/** Whether pages of that origin may come in. */
export const allows = (origins: string[], origin: string) => origins.includes('*') || origins.includes(origin)

/** The socket.io server: websocket only, so that no sticky sessions are needed. */
export function openSockets(http: HttpServer, { namespace, allowedOrigins, limits }: Settings) {
  const io = new Server(http, {
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: Math.max(limits.chunkBytes, limits.eventBytes) + PACKET_OVERHEAD_BYTES,
    allowRequest: ({ headers }, decide) =>
      decide(null, headers.origin === undefined || allows(allowedOrigins, headers.origin)),
  })
  if (namespace !== '/')
    io.use((_socket, next) =>
      next(connectError(new Fault('INVALID_REQUEST', { message: `Connect to ${namespace}` }))),
    )
  return { io, clients: io.of(namespace) }
}

const connectError = (fault: Fault) => Object.assign(new Error(fault.message), { data: { code: fault.code } })

type Door = {
  authenticate: Authenticate
  sessions: Sessions
  config: Settings
  logger: Logger
  metrics: Metrics
}

/** Lets clients in: token first, then the session, so that `connect` means ready. */
export function guard(clients: Namespace, { authenticate, sessions, config, logger, metrics }: Door) {
  clients.use(async (socket, next) => {
    const requestId = crypto.randomUUID()
    try {
      const identity = await authenticate(socket.handshake.auth.token)
      const session = await sessions.enter(identity, socket, requestId)
      const connected: Connected = { session, rate: connectionRate(config.limits) }
      Object.assign(socket.data, { connected, identity })
      // A client that goes before it is let in never disconnects in socket.io's sense.
      socket.conn.once('close', () => sessions.leave(session, socket))
      if (socket.conn.readyState === 'closed') sessions.leave(session, socket)
      metrics.sockets.set(clients.sockets.size + 1)
      metrics.connections.inc({ code: 'OK' })
      next()
    } catch (error) {
      const fault = error instanceof Fault ? error : new Fault('SERVICE_UNAVAILABLE')
      logger.debug({ requestId, code: fault.code }, 'connection refused')
      const told = isKnownRefusal(fault) ? fault : new Fault('SERVICE_UNAVAILABLE')
      metrics.connections.inc({ code: told.code })
      next(connectError(told))
    }
  })
}

const isKnownRefusal = (fault: Fault) => fault.code === 'TOKEN_INVALID' || fault.code === 'TOKEN_EXPIRED'

export const identityOf = (socket: Socket) => (socket.data as { identity: Identity }).identity

/** Ends sockets that do not read what they are sent: they reconnect and resync instead of filling memory. */
export function dropSlowReaders(clients: Namespace, maxBytes: number, logger: Logger) {
  const timer = setInterval(() => {
    for (const socket of clients.sockets.values()) {
      const backlog = backlogOf(socket)
      if (backlog <= maxBytes) continue
      logger.warn({ userId: identityOf(socket).userId, backlog }, 'socket does not read, disconnected')
      socket.disconnect(true)
    }
  }, BACKLOG_CHECK_MS)
  return { close: () => clearInterval(timer) }
}

/** Bytes that wait to be read: in engine.io's queue and in the websocket's. */
function backlogOf(socket: Socket): number {
  const { transport, writeBuffer } = socket.conn as unknown as {
    transport: { socket?: { bufferedAmount?: number } }
    writeBuffer?: { data?: string | Buffer }[]
  }
  const queued = (writeBuffer ?? []).reduce((sum, packet) => sum + (packet.data?.length ?? 0), 0)
  return queued + (transport.socket?.bufferedAmount ?? 0)
}
