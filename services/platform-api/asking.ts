import { type Caller, Fault } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Context } from 'koa'

/** What a route needs to ask a service. */
export type Asking = { bus: Bus }

/** The platform itself asks: in no user's name. */
export const callerOf = (context: Context): Caller => ({ userId: '', requestId: context.state.requestId })

/** No body at all is an empty object; one that does not say it is JSON is refused, or its wishes would go unheard. */
export function bodyOf(context: Context): object {
  if (context.request.length !== 0 && context.is('json', '+json') === false) {
    throw new Fault('INVALID_REQUEST', { message: 'The content-type must be application/json' })
  }
  const { body } = context.request as { body?: unknown }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Fault('INVALID_REQUEST', { message: 'The body must be a JSON object' })
  }
  return body
}
