import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import {
  type Bus,
  type Checks,
  closeHttp,
  connectionsOf,
  joinConfirmers,
  listen,
  openAll,
  retire,
  type Scope,
  type ServiceOptions,
  serveHealth,
} from '@chat/service'
import type { GatewayConfig } from './config.ts'
import { admitSockets } from './connection/admission.ts'
import { type Authenticate, createAuthenticate } from './connection/auth.ts'
import { drainSockets } from './connection/drain.ts'
import { fileRates } from './connection/rate-limits.ts'
import type { Clients } from './connection/session.ts'
import { Sessions } from './connection/sessions.ts'
import { allows, dropSlowReaders, openSockets } from './connection/socket-server.ts'
import { BlockedUsers } from './delivery/blocked-users.ts'
import { Broadcast } from './delivery/broadcast.ts'
import { MessageDelivery } from './delivery/message-delivery.ts'
import { RoomUpdates } from './delivery/room-updates.ts'
import type { FcmWeb } from './demo/fcm-web.ts'
import { openPage } from './demo/page.ts'
import { serveDemo } from './demo/sign-in.ts'
import { serveFiles } from './http/file-links.ts'
import { Presence } from './presence/presence.ts'
import { Typing } from './presence/typing.ts'
import { Dispatch } from './requests/dispatch.ts'
import { effectsOf } from './requests/effects.ts'

export type Options = Pick<ServiceOptions<GatewayConfig>, 'config' | 'logger' | 'metrics' | 'openBus'> & {
  checks?: Checks
  /** The demo page: where browsers fetch files, where the built page is, how browsers get pushes. */
  demo?: { filesUrl: string; pageFolder?: string | undefined; push?: FcmWeb | null } | undefined
}

/** Connections that their clients keep open after the drain are ended after this. */
const CLOSE_WITHIN_MS = 500
const PAGE_FOLDER = fileURLToPath(new URL('../../web/dist', import.meta.url))

/** The demo's options; undefined where the demo is off. @param s3Url where S3 is, unless browsers reach it elsewhere */
export const demoOf = ({ demo, s3, fcmWeb }: GatewayConfig, s3Url: string, pageFolder?: string) =>
  demo ? { filesUrl: s3.publicUrl ?? s3Url, pageFolder, push: fcmWeb } : undefined

/** Starts the edge for clients: socket.io in front, the bus behind, no chat data of its own. */
export const start = (options: Options) =>
  openAll(async (scope) => {
    const { config, logger, metrics } = options
    const bus = await scope.use('nats', options.openBus())
    const checks: Checks = { nats: () => bus.ping(), ...options.checks }
    const authenticate = createAuthenticate(config.auth)
    const routes = [serveHealth(checks, metrics), ...(await openRoutes(bus, authenticate, options))]
    const http = createServer((request, response) => {
      if (!routes.some((route) => route(request, response))) response.writeHead(404).end()
    })
    const connections = connectionsOf(http)
    const { io, clients } = openSockets(http, config)
    const parts = await openParts(scope, bus, clients, options)
    reloadAfterOutage(bus, parts)
    admitSockets({ ...parts, clients, authenticate })
    const slowReaders = dropSlowReaders(clients, config.limits, logger)
    await scope.use('slow readers', slowReaders)
    const port = await scope.use('http', listen(http, config.gatewayPort, config.host), async () => {
      await retire(http, checks, config.drainMs)
      const closed = closeHttp(http)
      await drainSockets(clients, parts.dispatch)
      const late = setTimeout(connections.end, CLOSE_WITHIN_MS)
      await io.close()
      await closed
      clearTimeout(late)
    })
    return { ready: checks, port }
  })

type Route = (request: IncomingMessage, response: ServerResponse) => boolean

async function openRoutes(bus: Bus, authenticate: Authenticate, { config, logger, demo }: Options) {
  const { auth, namespace, allowedOrigins, limits } = config
  const isAllowedOrigin = (origin: string) => allows(allowedOrigins, origin)
  const rates = fileRates(limits)
  const routes: Route[] = [serveFiles({ bus, authenticate, logger, isAllowedOrigin, rates })]
  if (!demo) return routes
  const { filesUrl, pageFolder = PAGE_FOLDER, push = null } = demo
  const reach = { filesOrigin: new URL(filesUrl).origin, hasPush: push !== null }
  routes.push(await openPage(pageFolder, reach, logger))
  routes.push(serveDemo({ bus, auth, namespace, push, logger }))
  return routes
}

async function openParts(scope: Scope, bus: Bus, clients: Clients, options: Options) {
  const { logger, metrics } = options
  const { limits } = options.config
  const blockedUsers = new BlockedUsers()
  const broadcast = new Broadcast(clients, blockedUsers)
  const typing = await scope.use('typing', new Typing(broadcast), (t) => t.stop())
  const delivery = new MessageDelivery({ bus, logger, metrics, broadcast, typing })
  await scope.use('delivery', delivery, (d) => d.stop())
  const updates = new RoomUpdates({ bus, logger, delivery, broadcast, typing })
  await scope.use('room updates', updates, (u) => u.stop())
  const presence = await scope.use('presence', new Presence({ bus, logger, broadcast }))
  const sessions = new Sessions({ bus, logger, updates, blockedUsers, presence, limits })
  // From here on the answer to a kick waits for this gateway.
  await scope.use('roll', joinConfirmers(bus))
  const dispatch = new Dispatch({ bus, limits, logger, metrics, effects: effectsOf(delivery) })
  return { bus, delivery, updates, sessions, dispatch, limits, logger, metrics }
}

type Parts = Awaited<ReturnType<typeof openParts>>

/** While the bus is away nothing is emitted. Then sessions are reloaded, and every open room is caught up. */
function reloadAfterOutage(bus: Bus, { updates, sessions, delivery, logger }: Parts) {
  let outages = 0
  const reload = async () => {
    const outage = outages
    await bus.flush()
    await sessions.reload()
    // In another outage meanwhile, the next reconnect does this again.
    if (outage !== outages) return
    updates.resume()
    delivery.catchUp()
  }
  bus.onDisconnect(() => {
    outages += 1
    updates.pause()
  })
  bus.onReconnect(() => reload().catch((err) => logger.warn({ err }, 'sessions not reloaded')))
}
