import { createServer } from 'node:http'
import {
  type Bus,
  type Checks,
  type Config,
  closeHttp,
  type Logger,
  listen,
  type Metrics,
  openAll,
  openMongo,
  pingMongo,
  retire,
  serveHealth,
} from '@chat/service'
import { createApp } from './http/app.ts'
import { Idempotency } from './http/idempotency-store.ts'
import type { Rate } from './http/rate-limit.ts'
import { Erasures } from './privacy/erasures.ts'
import { openStore } from './store.ts'
import { openWebhooks } from './webhooks/service.ts'
import type { Times } from './webhooks/times.ts'

/** A request that comes more slowly than this is given up. */
const REQUEST_TIMEOUT_MS = 30_000
/** Longer than proxies and clients keep an idle connection: who closes first should not be we. */
const KEEP_ALIVE_MS = 65_000

export type Options = {
  config: Pick<
    Config,
    'host' | 'platformPort' | 'drainMs' | 'auth' | 'apiKeys' | 'namespace' | 'webhooksMayBePrivate'
  >
  mongoUrl: string
  database?: string
  logger: Logger
  metrics: Metrics
  openBus: () => Promise<Bus>
  /** How many requests a key may make; a sound default without it. */
  rate?: Rate
  /** Of webhooks; sound defaults without them. */
  webhookTimes?: Partial<Times> | undefined
  /** What else must answer before this process is ready. */
  checks?: Checks
}

/** The edge for companies' back ends; it keeps what belongs to platforms alone. */
export const start = (options: Options) =>
  openAll(async (scope) => {
    const { config, logger, metrics } = options
    const { auth, apiKeys, namespace } = config
    const mongo = await scope.use(
      'mongo',
      openMongo(options.mongoUrl, options.database ?? 'chat_platform'),
      (m) => m.close(),
    )
    const bus = await scope.use('nats', options.openBus(), (b) => b.close())
    const store = await openStore(mongo)
    const idempotency = new Idempotency(store.attempts)
    const webhooks = await openWebhooks(scope, {
      ...{ mongo, bus, logger, metrics, times: options.webhookTimes },
      mayBePrivate: config.webhooksMayBePrivate,
    })
    const erasures = await scope.use(
      'erasures',
      new Erasures({ store: store.erasures, idempotency, webhooks: webhooks.webhookErasure, bus, logger }),
      (e) => e.close(),
    )
    const ready: Checks = { nats: () => bus.ping(), platform: () => pingMongo(mongo), ...options.checks }
    const health = serveHealth(ready, metrics)
    const { rate } = options
    const own = { idempotency, erasures, webhooks }
    const app = createApp({ bus, auth, apiKeys, namespace, rate, ...own, logger, metrics })
    const answer = app.callback()
    const http = createServer((request, response) => {
      if (!health(request, response)) void answer(request, response)
    })
    http.requestTimeout = REQUEST_TIMEOUT_MS
    http.keepAliveTimeout = KEEP_ALIVE_MS
    const port = await scope.use('http', listen(http, config.platformPort, config.host), async () => {
      await retire(http, ready, config.drainMs)
      await closeHttp(http)
    })
    return { ready, port }
  })
