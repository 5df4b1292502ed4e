import { messageInternals, messageOperations } from './messages.ts'
import type { InputOf, OutputOf, Row, ServiceName } from './operation.ts'
import { roomInternals, roomOperations } from './rooms.ts'

/** The one table: types, validators, subjects, dispatch, the typed client and the documents come from it. */
export const operations = {
  ...roomOperations,
  ...roomInternals,
  ...messageOperations,
  ...messageInternals,
}

/** A row without its exact type, for code that treats all rows alike. */
export const rowOf = (name: OperationName): Row => operations[name]

export type Operations = typeof operations
export type OperationName = keyof Operations
export type Input<K extends OperationName> = InputOf<Operations[K]>
export type Output<K extends OperationName> = OutputOf<Operations[K]>

/** Operations that a client may ask for, by the event it emits. */
export type ClientOperation = {
  [K in OperationName]: Operations[K] extends { event: string } ? K : never
}[OperationName]

/** Who asks. The edge vouches for it; `userId` is empty where a service asks on its own behalf. */
export type Caller = {
  userId: string
  requestId: string
  /**
   * Own messages acked so recently that rooms may not have heard of them: `[roomId, seq]`.
   * Lets the caller's own count be right at once after the ack of a send.
   */
  sent?: [string, number][]
}

/** A total record: an operation without a handler does not compile. */
export type Handlers<S extends ServiceName> = {
  [K in OperationName as Operations[K]['service'] extends S ? K : never]: (
    caller: Caller,
    input: Input<K>,
  ) => Promise<Output<K>>
}
