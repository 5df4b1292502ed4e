import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { RoomEvents } from '@chat/contract'
import {
  type Bus,
  type Checks,
  type Config,
  closeHttp,
  connectionsOf,
  type FcmWeb,
  joinRoll,
  type Logger,
  listen,
  type Metrics,
  openAll,
  retire,
  serveHealth,
} from '@chat/service'
import type { Socket } from 'socket.io'
import { createAuthenticate } from './connection/auth.ts'
import { sendAway } from './connection/drain.ts'
import { endAtExpiry } from './connection/expiry.ts'
import { fileRates } from './connection/rate-limits.ts'
import { Sessions } from './connection/sessions.ts'
import { allows, dropSlowReaders, guard, identityOf, openSockets } from './connection/socket-server.ts'
import { BlockCache } from './delivery/block-cache.ts'
import { Broadcast } from './delivery/broadcast.ts'
import { type Emit, MessageDelivery } from './delivery/message-delivery.ts'
import { RoomUpdates } from './delivery/room-updates.ts'
import { serveDemo } from './demo/demo.ts'
import { servePage } from './demo/page.ts'
import { PageFolder } from './demo/page-folder.ts'
import { serveFiles } from './files/file-links.ts'
import { OpenRoomResponder } from './presence/open-room-responder.ts'
import { Presence } from './presence/presence.ts'
import { Typing } from './presence/typing.ts'
import { type Connected, Dispatch, sessionOf } from './requests/dispatch.ts'
import { effectsOf, OpenRooms } from './requests/effects.ts'

export type Options = {
  config: Pick<
    Config,
    'host' | 'gatewayPort' | 'drainMs' | 'namespace' | 'allowedOrigins' | 'limits' | 'auth'
  >
  logger: Logger
  metrics: Metrics
  openBus: () => Promise<Bus>
  /** What else must answer before this process is ready. */
  checks?: Checks
  /** The demo page and its sign-in: where browsers fetch files, where the built page is, how a closed page is reached. */
  demo?: { filesUrl: string; pageFolder?: string | undefined; push?: FcmWeb | null } | undefined
}

const CLOSE_WITHIN_MS = 500
const PAGE_FOLDER = fileURLToPath(new URL('../../web/dist', import.meta.url))

/** What the demo needs, where it is on. @param s3Url where S3 is, unless browsers reach it elsewhere */
export const demoOf = ({ demo, s3, fcmWeb }: Config, s3Url: string, pageFolder?: string) =>
  demo ? { filesUrl: s3.publicUrl ?? s3Url, pageFolder, push: fcmWeb } : undefined

type Answer = ReturnType<typeof serveFiles>

/** What is answered over HTTP where the demo is on: nothing of it exists elsewhere. */
async function openDemo(bus: Bus, { config, logger, demo }: Options) {
  if (!demo) return []
  const { auth, namespace } = config
  const { filesUrl, pageFolder = PAGE_FOLDER, push = null } = demo
  const page = await new PageFolder(pageFolder, logger).open()
  const reach = { filesOrigin: new URL(filesUrl).origin, hasPush: push !== null }
  return [servePage(page, reach), serveDemo({ bus, auth, namespace, push, logger })]
}

/** The edge for clients: socket.io in front, the bus behind, no chat data of its own. */
export const start = (options: Options) =>
  openAll(async (scope) => {
    const { config, logger, metrics } = options
    const bus = await scope.use('nats', options.openBus(), (b) => b.close())
    const ready: Checks = { nats: () => bus.ping(), ...options.checks }
    const health = serveHealth(ready, metrics)
    const authenticate = createAuthenticate(config.auth)
    const isAllowedOrigin = (origin: string) => allows(config.allowedOrigins, origin)
    const rates = fileRates(config.limits)
    const files = serveFiles({ bus, authenticate, logger, isAllowedOrigin, rates })
    const answers: Answer[] = [health, files, ...(await openDemo(bus, options))]
    const http = createServer((request, response) => {
      if (!answers.some((answer) => answer(request, response))) response.writeHead(404).end()
    })
    const connections = connectionsOf(http)
    const { io, clients } = openSockets(http, config)

    const blocks = new BlockCache()
    const broadcast = new Broadcast(clients, blocks)
    const typing = await scope.use('typing', new Typing(broadcast), (t) => t.stop())
    const emit: Emit = (event, message) => {
      broadcast.message(event, message)
      if (event === 'listenMessage') typing.end(message.roomId, message.author.authorId)
    }
    const delivery = await scope.use('delivery', new MessageDelivery({ bus, logger, metrics, emit }), (d) =>
      d.stop(),
    )
    const tellRead = (roomId: string, read: RoomEvents['read']) => broadcast.read(roomId, read)
    const tellTyping = (roomId: string, event: RoomEvents['typing']) => typing.hear(roomId, event)
    const hearing = { bus, logger, delivery, tellRead, tellTyping }
    const audience = await scope.use('audience', new RoomUpdates(hearing), (a) => a.stop())
    const presence = await scope.use('presence', new Presence({ bus, logger, broadcast }), (p) => p.close())
    const openRoomAnswers = new OpenRoomResponder(bus, clients)
    const sessions = new Sessions({ bus, logger, audience, blocks, presence, limits: config.limits })
    // From here on nobody is told that someone was taken out of a room before they hear nothing here.
    await scope.use('roll', joinRoll(bus), (roll) => roll.close())
    const dispatch = new Dispatch({
      bus,
      limits: config.limits,
      logger,
      metrics,
      effects: effectsOf({ delivery, sessions }),
    })
    reloadAfterOutage(bus, { audience, sessions, delivery, logger })

    guard(clients, { authenticate, sessions, config, logger, metrics })
    clients.on('connection', (socket: Socket) => {
      const openRooms = new OpenRooms({ delivery, sessions, answers: openRoomAnswers }, socket)
      Object.assign(socket.data, { openRooms })
      const { userId, expiresAt, issuedAt } = identityOf(socket)
      const { session } = sessionOf(socket) as Connected
      // Revoked while it was let in: until now there was nothing to tell it by.
      endAtExpiry(socket, userId, issuedAt < session.issuedFrom ? 0 : expiresAt)
      dispatch.attach(socket)
      socket.on('disconnect', (reason) => {
        metrics.disconnections.inc({ reason })
        openRooms.closeAll()
        sessions.leave(session, socket)
        metrics.sockets.set(clients.sockets.size)
      })
    })

    await scope.use(
      'backlog check',
      dropSlowReaders(clients, config.limits.socketBacklogBytes, logger),
      (c) => c.close(),
    )
    const port = await scope.use('http', listen(http, config.gatewayPort, config.host), async () => {
      await retire(http, ready, config.drainMs)
      const closed = closeHttp(http)
      await sendAway(clients, dispatch)
      // Who does not close their end of a connection holds nobody up.
      const late = setTimeout(connections.end, CLOSE_WITHIN_MS)
      await io.close()
      await closed
      clearTimeout(late)
    })
    return { ready, port }
  })

type Parts = { audience: RoomUpdates; sessions: Sessions; delivery: MessageDelivery; logger: Logger }

/** Nothing is emitted until what sessions may see is loaded again; then every open room is brought up to date. */
function reloadAfterOutage(bus: Bus, { audience, sessions, delivery, logger }: Parts) {
  let outages = 0
  const reload = async () => {
    const outage = outages
    await bus.flush()
    await sessions.reload()
    // Lost again meanwhile: the next reconnect does all of this anew.
    if (outage !== outages) return
    audience.resume()
    delivery.catchUp()
  }
  bus.onDisconnect(() => {
    outages += 1
    audience.pause()
  })
  bus.onReconnect(() => reload().catch((err) => logger.warn({ err }, 'sessions not reloaded')))
}
