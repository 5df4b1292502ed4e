import type { Static, TSchema } from 'typebox'
import type { ErrorCode } from '../wire/errors.ts'

export type ServiceName = 'rooms' | 'messages' | 'files' | 'push'

/**
 * One row of the contract.
 * `event`: what a client emits; a row without one is for services and edges only.
 * `rate`: which of the limits of contract.md it counts against, where it is not the connection's.
 * `bytes`: the field of the input that travels as bytes.
 * `timeoutMs`: where it may take longer than `requestTimeoutMs`.
 */
export type Row<I extends TSchema = TSchema, O extends TSchema = TSchema> = {
  service: ServiceName
  event?: string
  summary: string
  input: I
  output: O
  errors: readonly ErrorCode[]
  rate?: 'message' | 'read' | 'none'
  bytes?: string
  timeoutMs?: number
}

/** Keeps each row's exact type, so that everything derived from the table is exact too. */
export const operation = <const R extends Row>(row: R) => row

export type InputOf<R> = R extends { input: infer I extends TSchema } ? Static<I> : never
export type OutputOf<R> = R extends { output: infer O extends TSchema } ? Static<O> : never
