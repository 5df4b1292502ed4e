import { Fault, failed, errors as table } from '@chat/contract'
import { type Auth, type Bus, faultOf, type Logger, type Metrics, noteCode, traced } from '@chat/service'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa, { type Context, type Next } from 'koa'
import { serveDocuments } from '../docs/documents.ts'
import type { Erasures } from '../privacy/erasures.ts'
import type { Route } from '../routes/route.ts'
import { routes } from '../routes/routes.ts'
import type { WebhookParts } from '../webhooks/service.ts'
import { answering } from './answer.ts'
import { createKeyCheck } from './api-keys.ts'
import { honourRepeats } from './idempotency.ts'
import { digestOf, type Idempotency } from './idempotency-store.ts'
import { NAMED } from './original-errors.ts'
import { createRates, DEFAULT_RATE, type Rate } from './rate-limit.ts'

type Parts = {
  bus: Bus
  auth: Auth
  apiKeys: string[]
  namespace: string
  rate?: Rate | undefined
  idempotency: Idempotency
  erasures: Erasures
  webhooks: WebhookParts
  logger: Logger
  metrics: Metrics
}

/** The HTTP side: /chat/* as the original document has it, /v1/* in the envelope, and the documents. */
export function createApp(parts: Parts): Koa {
  const { apiKeys, logger, metrics } = parts
  const app = new Koa()
  app.use(trace)
  app.use(answerFailures(logger, metrics))
  app.use(serveDocuments(parts.namespace))
  app.use(admit(createKeyCheck(apiKeys), createRates(parts.rate ?? DEFAULT_RATE)))
  app.use(requireReadablePath)
  app.use(
    bodyParser({
      ...{ enableTypes: ['json'], jsonLimit: '4mb', jsonStrict: true, onError: refuseBody },
      parsedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
    }),
  )
  app.use(route(parts))
  app.use(refusePath)
  // Failures are answered and logged above; Koa's own logger would print them again.
  app.on('error', (err) => logger.debug({ err }, 'connection failed'))
  return app
}

/** Every row of the table as a route of Koa's. */
function route(parts: Parts) {
  const router = new Router()
  const { bus, auth, erasures, webhooks } = parts
  const answer = answering({ bus, auth, erasures, webhooks })
  const repeats = honourRepeats(parts.idempotency, statusOf)
  for (const row of routes) {
    router[row.method](koaPath(row), repeats, async (context: Context) => {
      const body = await answer(row, context)
      context.status = row.status ?? 200
      context.body = body
      if (isStream(body))
        context.set({ 'content-type': 'application/json', 'content-disposition': 'attachment' })
    })
  }
  return router.routes()
}

const koaPath = ({ path }: Pick<Route, 'path'>) => path.replaceAll(/\{(\w+)\}/g, ':$1')
const isStream = (body: unknown) => typeof body === 'object' && body !== null && 'pipe' in body

function admit(requireKey: (key: string) => void, take: ReturnType<typeof createRates>) {
  return async (context: Context, next: Next) => {
    const key = context.get('chat-api-key')
    requireKey(key)
    context.state.apiKey = digestOf(key)
    await take(context.state.apiKey, (fields) => context.set(fields))
    await next()
  }
}

/** A path that is answered by other methods says by which. */
function refusePath(context: Context) {
  const methods = routes.filter((row) => matches(row, context.path)).map(({ method }) => method.toUpperCase())
  context.status = methods.length > 0 ? 405 : 404
  if (methods.length > 0) context.set('allow', methods.join(', '))
  const message = methods.length > 0 ? 'This path has no such method' : 'There is no such path'
  context.body = failed(new Fault('INVALID_REQUEST', { message }), context.state.requestId)
}

const matches = (row: Route, path: string) =>
  new RegExp(`^${row.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path)

function refuseBody(error: Error): never {
  const isTooLarge = 'type' in error && error.type === 'entity.too.large'
  throw new Fault('INVALID_REQUEST', {
    message: isTooLarge ? 'The body is too large' : 'The body is not a JSON object',
  })
}

/** @throws INVALID_REQUEST for a path whose percent-encoding means nothing; the router would take it literally */
async function requireReadablePath(context: Context, next: Next) {
  try {
    decodeURIComponent(context.path)
  } catch {
    throw new Fault('INVALID_REQUEST', { message: 'The path is not percent-encoded UTF-8' })
  }
  await next()
}

/** A step of the trace that the caller is in, if it says so. */
const trace = (context: Context, next: Next) =>
  traced({ name: `platform ${context.method}`, kind: 'server' }, next, context.get('traceparent') || null)

/** The one place that catches, measures and logs. */
function answerFailures(logger: Logger, metrics: Metrics) {
  return async (context: Context, next: Next) => {
    const started = performance.now()
    const requestId = crypto.randomUUID()
    Object.assign(context.state, { requestId, code: 'OK' })
    context.set('x-request-id', requestId)
    try {
      await next()
    } catch (error) {
      const known = faultOf(error)
      const fault = known ?? new Fault('INTERNAL')
      if (!known) logger.error({ err: error, requestId }, 'request failed')
      context.state.code = fault.code
      context.status = statusOf(context.path, fault)
      context.body = failed(fault, requestId)
      if (fault.retryAfterMs !== undefined)
        context.set('retry-after', String(Math.ceil(fault.retryAfterMs / 1000)))
    }
    const { code } = context.state as { code: string }
    noteCode(code)
    const ms = performance.now() - started
    const operation = `${context.method} ${(context as { _matchedRoute?: unknown })._matchedRoute ?? 'unknown'}`
    metrics.events.observe({ operation, code }, ms / 1000)
    logger.debug({ requestId, operation, code, ms: Math.round(ms) }, 'http request')
  }
}

function statusOf(path: string, fault: Fault): number {
  if (path.startsWith('/chat/') && NAMED.has(fault.code)) return 500
  return table[fault.code].http
}
