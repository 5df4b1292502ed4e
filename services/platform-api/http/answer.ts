import { Readable } from 'node:stream'
import {
  type ErrorCode,
  errors,
  Fault,
  failed,
  type Input,
  type OperationName,
  parse,
  succeeded,
} from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Context } from 'koa'
import type { Ask, Route, RouteContext } from '../routes/route.ts'
import { hasBody, inputShape, otherFields, pathFields } from '../routes/route.ts'
import { digestOf } from './admission.ts'

type Fields = Record<string, unknown>
type Parts = Omit<RouteContext, 'ask'> & { bus: Bus }

/** Carries out a route with the input of path, query and body. @returns the body of the answer */
export async function answer({ bus, ...parts }: Parts, route: Route, context: Context): Promise<unknown> {
  const input = inputOf(route, context)
  const caller = { userId: '', requestId: context.state.requestId as string }
  const ask: Ask = (name, input) => bus.ask(name, caller, input)
  if ('operation' in route) {
    const output = await ask(route.operation, input as Input<OperationName>)
    return route.isOriginal ? output : succeeded(output)
  }
  const output = await route.handle({ ask, ...parts }, parse(route.input, input) as never)
  return output instanceof Readable ? output : succeeded(output)
}

/** The failures that the original document names for its two calls, both with status 500. */
const ORIGINAL_FAILURES = new Set<ErrorCode>([
  'ROOM_ALREADY_EXISTS',
  'ROOM_NO_EXISTS',
  'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
  'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
  'INVITER_ID_IS_NOT_MASTER',
  'JOIN_USERS_EMPTY',
])

/** @param isOriginal whether the failure answers a call of the original document */
export const statusOf = (code: ErrorCode, isOriginal: boolean): number =>
  isOriginal && ORIGINAL_FAILURES.has(code) ? 500 : errors[code].http

export function answerFault(context: Context, fault: Fault) {
  context.state.code = fault.code
  context.status = statusOf(fault.code, context.path.startsWith('/chat/'))
  context.body = failed(fault, context.state.requestId)
  if (fault.retryAfterMs !== undefined)
    context.set('retry-after', String(Math.ceil(fault.retryAfterMs / 1000)))
}

function inputOf(route: Route, context: Context): Fields {
  const params = context.params as Record<string, string>
  const path = Object.fromEntries(pathFields(route).map((field) => [field, params[field]]))
  const given = hasBody(route) ? bodyOf(context) : queryOf(route, context)
  const { attemptId } = context.state as { attemptId?: string }
  // A repeat never stores a second message, even where the first answer was lost.
  const syncKey = attemptId === undefined ? crypto.randomUUID() : `key:${digestOf(attemptId)}`
  const isMissing = route.makesSyncKey && given.syncKey == null
  return { ...given, ...(isMissing && { syncKey }), ...path }
}

/** A query is text: numbers and booleans are read as such where the schema wants them. */
function queryOf(route: Route, { query }: Context): Fields {
  const { properties = {} } = inputShape(route)
  const given = otherFields(route).filter((field) => query[field] !== undefined)
  return Object.fromEntries(given.map((field) => [field, readText(query[field], properties[field]?.type)]))
}

function readText(value: unknown, type: string | undefined): unknown {
  if (type === 'integer' && typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}

/** An absent body is an empty object. A body of another type is refused: the parser skips it, and it would be ignored. */
export function bodyOf(context: Context): Fields {
  if (context.request.length !== 0 && context.is('json', '+json') === false)
    throw new Fault('INVALID_REQUEST', { message: 'The content-type must be application/json' })
  const { body } = context.request as { body?: unknown }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Fault('INVALID_REQUEST', { message: 'The body must be a JSON object' })
  return body as Fields
}
