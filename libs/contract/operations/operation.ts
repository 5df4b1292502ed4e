import type { TSchema } from 'typebox'
import { Result } from '../schemas/values.ts'
import type { ErrorCode } from '../wire/errors.ts'

/** `jobs`: whichever service has the kind of job that is asked about. */
export type ServiceName = 'rooms' | 'messages' | 'files' | 'push' | 'jobs'

/** One operation: a row of the contract's table. */
export type Row = {
  service: ServiceName
  /** What a client emits; absent where only services and edges may ask. */
  event?: string
  summary: string
  input: TSchema
  output: TSchema
  errors: readonly ErrorCode[]
  /** Which user limit it counts against; the connection's own where absent. */
  rate?: 'message' | 'read' | 'none'
  /** The input's field that travels as bytes. */
  bytes?: string
  /** Where it may take longer than `requestTimeoutMs`. */
  timeoutMs?: number
}

/** What one row of a group says; the group adds the rest. */
type Columns = Omit<Row, 'service' | 'output' | 'errors'> & Partial<Pick<Row, 'output' | 'errors'>>
type Rows<S extends ServiceName, R> = {
  [K in keyof R]: R[K] & {
    service: S
    output: R[K] extends { output: infer O extends TSchema } ? O : typeof Result
    errors: readonly ErrorCode[]
  }
}

export const forServices = <const S extends ServiceName, const R extends Record<string, Columns>>(
  service: S,
  rows: R,
) =>
  Object.fromEntries(
    Object.entries(rows).map(([name, columns]) => [
      name,
      { service, output: Result, errors: [], ...columns },
    ]),
  ) as unknown as Rows<S, R>

/** Operations that clients ask of a service by an event of the row's name, unless the row names another. */
export const forClients = <const S extends ServiceName, const R extends Record<string, Columns>>(
  service: S,
  rows: R,
) =>
  Object.fromEntries(
    Object.entries(forServices(service, rows)).map(([event, row]) => [event, { event, ...row }]),
  ) as unknown as {
    [K in keyof R]: Rows<S, R>[K] & { event: R[K] extends { event: infer E extends string } ? E : K }
  }

/** Codes that several operations answer. */
const NO_ROOM = ['ROOM_NO_EXISTS'] as const
export const NO_MESSAGE = [...NO_ROOM, 'MESSAGE_NO_EXISTS'] as const
export const FROZEN = [...NO_ROOM, 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED'] as const
export const MAY_NOT_POST = [...FROZEN, 'USER_IS_MUTED'] as const
export const BAD_TEXT = ['MESSAGE_TOO_LONG', 'MESSAGE_HAS_BANNED_WORD'] as const
export const NEW_ROOM = ['ROOM_ALREADY_EXISTS', 'ROOM_IS_FULL', 'MESSAGE_TOO_LONG'] as const
