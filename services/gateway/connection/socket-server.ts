import type { Server as HttpServer } from 'node:http'
import { Fault } from '@chat/contract'
import type { Limits, Logger } from '@chat/service'
import { Server } from 'socket.io'
import type { GatewayConfig } from '../config.ts'
import { coalesceWrites } from './coalesced-writes.ts'
import type { ClientSocket, Clients } from './session.ts'

/** What base64, JSON and the event's name add to a file chunk at most. */
const PACKET_OVERHEAD_BYTES = 16_384
const BACKLOG_CHECK_MS = 1_000

export const allows = (origins: string[], origin: string) => origins.includes('*') || origins.includes(origin)

/** The socket.io server. Websocket only: the other transport would need sticky sessions. */
export function openSockets(
  http: HttpServer,
  { namespace, allowedOrigins, limits }: Pick<GatewayConfig, 'namespace' | 'allowedOrigins' | 'limits'>,
) {
  const io = new Server(http, {
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: Math.max(limits.chunkBytes, limits.eventBytes) + PACKET_OVERHEAD_BYTES,
    allowRequest: ({ headers }, decide) =>
      decide(null, headers.origin === undefined || allows(allowedOrigins, headers.origin)),
  })
  if (namespace !== '/') {
    const fault = new Fault('INVALID_REQUEST', { message: `Connect to ${namespace}` })
    io.use((_socket, next) => next(connectError(fault)))
  }
  coalesceWrites(io)
  releaseRequests(io)
  const clients: Clients = io.of(namespace)
  return { io, clients }
}

/** Drops the HTTP request of each connection, which socket.io keeps: 4 KB (https://socket.io/docs/v4/memory-usage). */
function releaseRequests({ engine }: Server) {
  const responses = new WeakMap<object, { req: unknown }>()
  engine.use((request: object, response: { req: unknown }, next: () => void) => {
    responses.set(request, response)
    next()
  })
  engine.on('connection', (connection: { request: object | null }) => {
    // engine.io's own listener on the connection keeps the response, which keeps the request.
    const response = connection.request && responses.get(connection.request)
    if (response) response.req = null
    connection.request = null
  })
}

export const connectError = (fault: Fault) =>
  Object.assign(new Error(fault.message), { data: { code: fault.code } })

/** Disconnects sockets that do not read: they reconnect and resync instead of filling the gateway's memory. */
export function dropSlowReaders(clients: Clients, { socketBacklogBytes }: Limits, logger: Logger) {
  const timer = setInterval(() => {
    for (const socket of clients.sockets.values()) {
      const backlog = backlogOf(socket)
      if (backlog <= socketBacklogBytes) continue
      logger.warn({ userId: socket.data.identity.userId, backlog }, 'socket does not read, disconnected')
      socket.disconnect(true)
    }
  }, BACKLOG_CHECK_MS)
  return { close: () => clearInterval(timer) }
}

/** Bytes that wait to be read, in engine.io's queue and in the websocket's. */
function backlogOf(socket: ClientSocket): number {
  const { transport, writeBuffer } = socket.conn as unknown as {
    transport: { socket?: { bufferedAmount?: number } }
    writeBuffer?: { data?: string | Buffer }[]
  }
  const queued = (writeBuffer ?? []).reduce((sum, packet) => sum + (packet.data?.length ?? 0), 0)
  return queued + (transport.socket?.bufferedAmount ?? 0)
}
