import { Readable } from 'node:stream'
import { Fault, failed } from '@chat/contract'
import { type Bus, faultOf, type Logger, type Metrics, noteCode, traced } from '@chat/service'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa, { type Context, type Next } from 'koa'
import { serveDocuments } from '../docs/documents.ts'
import { koaPath, matchesPath, type RouteContext } from '../routes/route.ts'
import { routes } from '../routes/routes.ts'
import { admit, type Rate } from './admission.ts'
import { answer, answerFault } from './answer.ts'
import type { Idempotency } from './idempotency.ts'
import { honourRepeats } from './idempotency-key.ts'

type Parts = Omit<RouteContext, 'ask'> & {
  bus: Bus
  apiKeys: string[]
  namespace: string
  rate?: Rate | undefined
  idempotency: Idempotency
  logger: Logger
  metrics: Metrics
}

/** Serves the documents, `/v1/*` in the envelope, and `/chat/*` as the original document has it. */
export function createApp(parts: Parts): Koa {
  const app = new Koa()
  app.use(trace)
  app.use(answerFailures(parts))
  app.use(serveDocuments(parts.namespace))
  app.use(admit(parts.apiKeys, parts.rate))
  app.use(requireReadablePath)
  const parsedMethods = ['POST', 'PUT', 'PATCH', 'DELETE']
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: '4mb', parsedMethods, onError: refuseBody }))
  app.use(answerRoutes(parts))
  app.use(refusePath)
  // answerFailures answers and logs failures; Koa's own handler would print them again.
  app.on('error', (err) => parts.logger.debug({ err }, 'connection failed'))
  return app
}

function answerRoutes({ bus, auth, erasures, webhooks, idempotency }: Parts) {
  const router = new Router()
  const repeats = honourRepeats(idempotency)
  for (const route of routes) {
    router[route.method](koaPath(route), repeats, async (context: Context) => {
      context.body = await answer({ bus, auth, erasures, webhooks }, route, context)
      context.status = route.status ?? 200
      if (context.body instanceof Readable)
        context.set({ 'content-type': 'application/json', 'content-disposition': 'attachment' })
    })
  }
  return router.routes()
}

/** 405 with the path's methods where it has any, else 404. */
function refusePath(context: Context) {
  const found = routes.filter((route) => matchesPath(route, context.path))
  const methods = found.map(({ method }) => method.toUpperCase()).join(', ')
  context.status = methods ? 405 : 404
  if (methods) context.set('allow', methods)
  const message = methods ? 'This path has no such method' : 'There is no such path'
  context.body = failed(new Fault('INVALID_REQUEST', { message }), context.state.requestId)
}

function refuseBody(error: Error): never {
  const isTooLarge = 'type' in error && error.type === 'entity.too.large'
  const message = isTooLarge ? 'The body is too large' : 'The body is not a JSON object'
  throw new Fault('INVALID_REQUEST', { message })
}

/** The router takes a path that cannot be decoded literally. @throws INVALID_REQUEST */
function requireReadablePath(context: Context, next: Next) {
  try {
    decodeURIComponent(context.path)
  } catch {
    throw new Fault('INVALID_REQUEST', { message: 'The path is not percent-encoded UTF-8' })
  }
  return next()
}

const trace = (context: Context, next: Next) =>
  traced({ name: `platform ${context.method}`, kind: 'server' }, next, context.get('traceparent') || null)

function answerFailures({ logger, metrics }: Parts) {
  return async (context: Context, next: Next) => {
    const started = performance.now()
    const requestId = crypto.randomUUID()
    Object.assign(context.state, { requestId, code: 'OK' })
    context.set('x-request-id', requestId)
    try {
      await next()
    } catch (error) {
      const known = faultOf(error)
      if (!known) logger.error({ err: error, requestId }, 'request failed')
      answerFault(context, known ?? new Fault('INTERNAL'))
    }
    const { code } = context.state as { code: string }
    noteCode(code)
    const ms = performance.now() - started
    const operation = `${context.method} ${(context as { _matchedRoute?: unknown })._matchedRoute ?? 'unknown'}`
    metrics.events.observe({ operation, code }, ms / 1000)
    logger.debug({ requestId, operation, code, ms: Math.round(ms) }, 'http request')
  }
}
