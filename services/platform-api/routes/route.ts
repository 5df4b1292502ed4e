import type { Caller, ErrorCode, Input, OperationName, Output } from '@chat/contract'
import { type Row, rowOf } from '@chat/contract'
import type { Auth } from '@chat/service'
import type { TSchema } from 'typebox'
import type { Erasures } from '../privacy/erasures.ts'
import type { WebhookParts } from '../webhooks/service.ts'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
export type Ask = <K extends OperationName>(name: K, input: Input<K>) => Promise<Output<K>>
/** What a route may use: questions to the services in the name of the platform, and what this process keeps itself. */
export type Desk = {
  ask: Ask
  caller: Caller
  auth: Auth
  erasures: Erasures
  webhooks: WebhookParts
}

type Place = {
  method: Method
  /** As OpenAPI spells it; what stands in braces is a field of the input. */
  path: string
  tag: string
  /** Of a success; 200 unless it says otherwise. */
  status?: number
  /** Where a DELETE says in its body what goes. */
  takesBody?: boolean
  /** Fields that the edge makes where they are not given; `key` tells repeats of one request from others. */
  filled?: Record<string, (key: string) => unknown>
  /** The answer is as the original document has it: no envelope, named failures with status 500. */
  isOriginal?: boolean
}
/** Asks one operation: input, output and codes are its row's. */
type Asking = Place & { operation: OperationName }
/** Has a few lines of its own to do. */
type Acting = Place & {
  name: string
  summary: string
  input: TSchema
  output: TSchema
  errors: readonly ErrorCode[]
  /** A stream is a whole answer, sent as it comes. */
  act: (desk: Desk, input: never) => Promise<unknown>
}
export type Route = Asking | Acting

/** Keeps what `act` gets in step with `input`. */
export const acting = <I>(
  route: Omit<Acting, 'act'> & { act: (desk: Desk, input: I) => Promise<unknown> },
): Route => route as Route

type Described = Pick<Row, 'summary' | 'input' | 'output' | 'errors'> & { name: string }
export const describe = (route: Route): Described =>
  'operation' in route ? { name: route.operation, ...rowOf(route.operation) } : route

type Shape = { type?: string; properties?: Record<string, Shape>; required?: string[] }
export const shapeOf = (route: Route) => describe(route).input as unknown as Shape

/** The fields of the input that stand in the path. */
export const pathFields = ({ path }: Route) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, field]) => field as string)
/** All others: in the body where there may be one, else in the query. */
export const otherFields = (route: Route) =>
  Object.keys(shapeOf(route).properties ?? {}).filter((field) => !pathFields(route).includes(field))
export const hasBody = ({ method, takesBody = method !== 'get' && method !== 'delete' }: Route) => takesBody
