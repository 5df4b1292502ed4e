import { type Caller, Fault, type Input, type OperationName, parse, succeeded } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Context } from 'koa'
import {
  type Ask,
  type Desk,
  hasBody,
  otherFields,
  pathFields,
  type Route,
  shapeOf,
} from '../routes/route.ts'
import { digestOf } from './idempotency-store.ts'

type Parts = Pick<Desk, 'auth' | 'erasures' | 'webhooks'> & { bus: Bus }
type Fields = Record<string, unknown>

/** Answers a route: its input is what path, query and body say together. @returns the body of the answer */
export const answering = ({ bus, ...own }: Parts) => {
  const deskOf = (caller: Caller): Desk => {
    const ask: Ask = (name, input) => bus.ask(name, caller, input)
    return { ask, caller, ...own }
  }
  return async (route: Route, context: Context): Promise<unknown> => {
    const input = inputOf(route, context)
    const caller = { userId: '', requestId: context.state.requestId as string }
    if ('operation' in route) {
      const output = await bus.ask(route.operation, caller, input as Input<OperationName>)
      return route.isOriginal ? output : succeeded(output)
    }
    const output = await route.act(deskOf(caller), parse(route.input, input) as never)
    const isStream = typeof output === 'object' && output !== null && 'pipe' in output
    return isStream ? output : succeeded(output)
  }
}

function inputOf(route: Route, context: Context): Fields {
  const params = context.params as Record<string, string>
  const path = Object.fromEntries(pathFields(route).map((field) => [field, params[field]]))
  const given = hasBody(route) ? bodyOf(context) : queryOf(route, context)
  const filled = Object.entries(route.filled ?? {}).flatMap(([field, make]) =>
    given[field] == null ? [[field, make(repeatKeyOf(context))]] : [],
  )
  return { ...given, ...Object.fromEntries(filled), ...path }
}

/** The same for repeats of one request, another one for any other. */
const repeatKeyOf = ({ state }: Context): string =>
  state.attemptId === undefined ? crypto.randomUUID() : `key:${digestOf(state.attemptId as string)}`

/** A query is all text: numbers and booleans are read as such where the contract wants them. */
function queryOf(route: Route, { query }: Context): Fields {
  const { properties = {} } = shapeOf(route)
  const given = otherFields(route).filter((field) => query[field] !== undefined)
  return Object.fromEntries(given.map((field) => [field, readText(query[field], properties[field]?.type)]))
}

function readText(value: unknown, type: string | undefined): unknown {
  if (type === 'integer' && typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}

/** No body at all is an empty object; one that does not say it is JSON is refused, or its wishes would go unheard. */
export function bodyOf(context: Context): Fields {
  if (context.request.length !== 0 && context.is('json', '+json') === false) {
    throw new Fault('INVALID_REQUEST', { message: 'The content-type must be application/json' })
  }
  const { body } = context.request as { body?: unknown }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Fault('INVALID_REQUEST', { message: 'The body must be a JSON object' })
  }
  return body as Fields
}
