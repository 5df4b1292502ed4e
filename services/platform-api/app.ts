import { Fault, failed, type Input, succeeded, errors as table } from '@chat/contract'
import {
  type Auth,
  type Bus,
  DEFAULT_EXPIRES_IN_S,
  faultOf,
  type Logger,
  type Metrics,
  mintToken,
} from '@chat/service'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa, { type Context, type Next } from 'koa'
import { bodyOf, callerOf } from './asking.ts'
import { createKeyCheck } from './auth.ts'
import { routeBannedWords } from './banned-words.ts'
import { routeExports } from './exports.ts'

type Parts = { bus: Bus; auth: Auth; apiKeys: string[]; logger: Logger; metrics: Metrics }

/** The named failures of the original document's two calls: they leave with status 500, as it says. */
const NAMED = new Set<string>([
  'ROOM_ALREADY_EXISTS',
  'ROOM_NO_EXISTS',
  'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
  'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
  'INVITER_ID_IS_NOT_MASTER',
  'JOIN_USERS_EMPTY',
])

/** The HTTP side: /chat/* as the original document has it, /v1/* in the envelope. */
export function createApp({ bus, auth, apiKeys, logger, metrics }: Parts): Koa {
  const app = new Koa()
  const router = new Router()
  const requireKey = createKeyCheck(apiKeys)

  router.post('/chat/room', async (context) => {
    context.body = await bus.ask(
      'createRoomWithMessage',
      callerOf(context),
      bodyOf(context) as Input<'createRoomWithMessage'>,
    )
  })
  router.post('/chat/inviteUsers', async (context) => {
    context.body = await bus.ask('inviteUsers', callerOf(context), bodyOf(context) as Input<'inviteUsers'>)
  })
  router.post('/v1/users/:id/token', async (context) => {
    const userId = context.params.id as string
    const { expiresIn, ...profile } = readTokenRequest(bodyOf(context))
    await bus.ask('saveUser', callerOf(context), { ...profile, userId })
    context.body = succeeded(await mintToken(auth, userId, expiresIn))
  })

  router.post('/v1/rooms/:id/messages', async (context) => {
    const message = { syncKey: crypto.randomUUID(), ...bodyOf(context), roomId: context.params.id as string }
    context.body = succeeded(await bus.ask('postMessage', callerOf(context), message as Input<'postMessage'>))
  })

  routeBannedWords(router, { bus })
  routeExports(router, { bus })

  app.use(answerFailures(logger, metrics))
  app.use(async (context, next) => {
    requireKey(context.get('chat-api-key'))
    await next()
  })
  app.use(requireReadablePath)
  app.use(
    bodyParser({
      ...{ enableTypes: ['json'], jsonLimit: '4mb', jsonStrict: true, onError: refuseBody },
      parsedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
    }),
  )
  app.use(router.routes())
  app.use((context) => {
    context.status = 404
    context.body = failed(
      new Fault('INVALID_REQUEST', { message: 'There is no such path' }),
      context.state.requestId,
    )
  })
  // Failures are answered and logged above; Koa's own logger would print them again.
  app.on('error', (err) => logger.debug({ err }, 'connection failed'))
  return app
}

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

const MAX_EXPIRES_IN_S = 10 * 365 * 24 * 3_600

type TokenRequest = { expiresIn: number; nickName?: string; profileUrl?: string }

/** The profile is validated by the rooms service; only what stays here is checked here. */
function readTokenRequest(body: unknown): TokenRequest {
  const { expiresIn, nickName, profileUrl } = body as Partial<TokenRequest>
  const seconds = expiresIn ?? DEFAULT_EXPIRES_IN_S
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_EXPIRES_IN_S) {
    throw new Fault('INVALID_REQUEST', {
      message: `expiresIn must be a whole number of seconds, 1 to ${MAX_EXPIRES_IN_S}`,
    })
  }
  return {
    expiresIn: seconds,
    ...(nickName != null && { nickName }),
    ...(profileUrl != null && { profileUrl }),
  }
}

/** The one place that catches, measures and logs. */
function answerFailures(logger: Logger, metrics: Metrics) {
  return async (context: Context, next: Next) => {
    const started = performance.now()
    const requestId = crypto.randomUUID()
    context.state.requestId = requestId
    context.set('x-request-id', requestId)
    let code = 'OK'
    try {
      await next()
    } catch (error) {
      const known = faultOf(error)
      const fault = known ?? new Fault('INTERNAL')
      if (!known) logger.error({ err: error, requestId }, 'request failed')
      code = fault.code
      context.status = statusOf(context.path, fault)
      context.body = failed(fault, requestId)
      if (fault.retryAfterMs !== undefined)
        context.set('retry-after', String(Math.ceil(fault.retryAfterMs / 1000)))
    }
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
