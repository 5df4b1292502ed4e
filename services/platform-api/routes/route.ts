import { type ErrorCode, type Input, type OperationName, type Output, type Row, rowOf } from '@chat/contract'
import type { Auth } from '@chat/service'
import type { Static, TSchema } from 'typebox'
import type { Erasures } from '../privacy/erasures.ts'
import type { WebhookControl } from '../webhooks/parts.ts'

export type Ask = <K extends OperationName>(name: K, input: Input<K>) => Promise<Output<K>>
export type RouteContext = { ask: Ask; auth: Auth; erasures: Erasures; webhooks: WebhookControl }

type Endpoint = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** In OpenAPI's notation: `{roomId}` is a field of the input. */
  path: string
  /** Of a success; 200 by default. */
  status?: number
  /** Set on a DELETE that has a body. */
  takesBody?: boolean
  /** A `syncKey` that the request leaves out is made: the same for repeats of one request. */
  makesSyncKey?: boolean
  /** A call of the original document: the answer has no envelope, and named failures have status 500. */
  isOriginal?: boolean
}
/** Forwards to one operation, whose row has input, output and error codes. */
type OperationRoute = Endpoint & { operation: OperationName }
/** Has a handler in this service, and describes itself. */
type HandledRoute<Schema extends TSchema, Value> = Endpoint & {
  name: string
  summary: string
  input: Schema
  output: TSchema
  errors?: readonly ErrorCode[]
  /** @returns the answer's `data`, or a Readable that is sent as the whole answer */
  handle: (context: RouteContext, input: Value) => Promise<unknown>
}
type UntaggedRoute = OperationRoute | HandledRoute<TSchema, never>
/** A row of the table: one method of one path. `tag` is its section in the documents. */
export type Route = UntaggedRoute & { tag: string }

export const tagged = (tag: string, routes: UntaggedRoute[]): Route[] =>
  routes.map((route) => ({ ...route, tag }))

/** Gives the handler the type of what its input schema accepts. */
export const handled = <Schema extends TSchema>(
  method: Endpoint['method'],
  path: string,
  route: Omit<HandledRoute<Schema, Static<Schema>>, 'method' | 'path'>,
): UntaggedRoute => ({ method, path, ...route })

type Description = Pick<Row, 'summary' | 'input' | 'output' | 'errors'> & { name: string }
export const describeRoute = (route: Route): Description =>
  'operation' in route ? { name: route.operation, ...rowOf(route.operation) } : { errors: [], ...route }

type Shape = { type?: string; properties?: Record<string, Shape>; required?: string[] }
export const inputShape = (route: Route) => describeRoute(route).input as unknown as Shape

const FIELD = /\{(\w+)\}/g
export const koaPath = ({ path }: Route) => path.replaceAll(FIELD, ':$1')
export const matchesPath = (route: Route, path: string) =>
  new RegExp(`^${route.path.replaceAll(FIELD, '[^/]+')}$`).test(path)

export const pathFields = ({ path }: Route) => [...path.matchAll(FIELD)].map(([, field]) => field as string)
/** The fields that the body holds or, where there is none, the query. */
export const otherFields = (route: Route) =>
  Object.keys(inputShape(route).properties ?? {}).filter((field) => !pathFields(route).includes(field))
export const hasBody = ({ method, takesBody = method !== 'get' && method !== 'delete' }: Route) => takesBody
