import { createServer } from 'node:http'
import {
  type Checks,
  closeHttp,
  listen,
  openAll,
  openMongo,
  pingMongo,
  retire,
  type ServiceOptions,
  serveHealth,
  serveJobs,
} from '@chat/service'
import type { PlatformApiConfig } from './config.ts'
import type { Rate } from './http/admission.ts'
import { createApp } from './http/app.ts'
import { Idempotency } from './http/idempotency.ts'
import { Erasures } from './privacy/erasures.ts'
import { openStore } from './store.ts'
import { openWebhooks } from './webhooks/service.ts'
import type { Times } from './webhooks/times.ts'

const REQUEST_TIMEOUT_MS = 30_000
/** Longer than proxies and clients keep an idle connection, so that they close it first. */
const KEEP_ALIVE_MS = 65_000

export type Options = Omit<ServiceOptions<PlatformApiConfig>, 's3Url' | 'limits'> & {
  database?: string
  rate?: Rate
  webhookTimes?: Partial<Times> | undefined
  checks?: Checks
}

/** The edge for companies' back ends. It stores only what belongs to platforms. */
export const start = (options: Options) =>
  openAll(async (scope) => {
    const { config, logger, metrics, rate } = options
    const { auth, apiKeys, namespace } = config
    const opening = openMongo(options.mongoUrl, options.database ?? 'chat_platform')
    const mongo = await scope.use('mongo', opening)
    const bus = await scope.use('nats', options.openBus())
    const store = await openStore(mongo)
    const idempotency = new Idempotency(store.attempts, logger, metrics)
    const { webhooksMayBePrivate: mayBePrivate } = config
    const { webhookTimes } = options
    const webhooks = await openWebhooks(scope, { mongo, bus, logger, metrics, webhookTimes, mayBePrivate })
    const { deliveries, failedEvents } = webhooks
    const erasureParts = {
      store: store.erasures,
      idempotency,
      deliveries,
      failedEvents,
      bus,
      logger,
      metrics,
    }
    const opened = new Erasures(erasureParts)
    const erasures = await scope.use('erasures', opened)
    await scope.use('erasure job requests', serveJobs(bus, erasures.jobs))
    await scope.use('request job requests', serveJobs(bus, idempotency.jobs))
    const ready: Checks = { nats: () => bus.ping(), platform: () => pingMongo(mongo), ...options.checks }
    const health = serveHealth(ready, metrics)
    const parts = { bus, auth, apiKeys, namespace, rate, idempotency, erasures, webhooks, logger, metrics }
    const answer = createApp(parts).callback()
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
