import type { Static, TSchema } from 'typebox'
import type { ErrorCode } from '../wire/errors.ts'

/** `jobs`: whichever service has the kind of job that is asked about. */
export type ServiceName = 'rooms' | 'messages' | 'files' | 'push' | 'jobs'

/** One operation: a row of the contract's table. */
export type Row<I extends TSchema = TSchema, O extends TSchema = TSchema> = {
  /** Who owns it. */
  service: ServiceName
  /** What a client emits; absent where only services and edges may ask. */
  event?: string
  summary: string
  input: I
  output: O
  errors: readonly ErrorCode[]
  /** Which user limit it counts against; the connection's own where absent. */
  rate?: 'message' | 'read' | 'none'
  /** The input's field that travels as bytes. */
  bytes?: string
  /** Where it may take longer than `requestTimeoutMs`. */
  timeoutMs?: number
}

/** What one row of a group says; the group adds the rest. */
type Columns = Omit<Row, 'service' | 'errors'> & { errors?: readonly ErrorCode[] }
type Rows<S extends ServiceName, R, E> = {
  [K in keyof R]: R[K] & { service: S; errors: readonly ErrorCode[] } & E
}

/** Operations that other services and edges ask of a service. Row types stay exact. */
export const forServices = <const S extends ServiceName, const R extends Record<string, Columns>>(
  service: S,
  rows: R,
) =>
  Object.fromEntries(
    Object.entries(rows).map(([name, columns]) => [name, { service, errors: [], ...columns }]),
  ) as Rows<S, R, unknown>

/** Operations that clients ask of a service by an event of the row's name, unless the row names another. */
export const forClients = <const S extends ServiceName, const R extends Record<string, Columns>>(
  service: S,
  rows: R,
) =>
  forServices(
    service,
    Object.fromEntries(
      Object.entries(rows).map(([event, columns]) => [event, { event, ...columns }]),
    ) as typeof rows,
  ) as { [K in keyof R]: Rows<S, R, { event: R[K] extends { event: infer E extends string } ? E : K }>[K] }

export type InputOf<R> = R extends { input: infer I extends TSchema } ? Static<I> : never
export type OutputOf<R> = R extends { output: infer O extends TSchema } ? Static<O> : never
