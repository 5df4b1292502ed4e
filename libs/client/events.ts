import type { ClientOperation, Input, OperationName, Operations, Output } from '@chat/contract'

type EventOf<K extends OperationName> = Operations[K] extends { event: infer E extends string } ? E : never

/** The operation behind each event. Where the contract does not tell events apart, every operation is taken for one. */
type ByEvent = [ClientOperation] extends [never]
  ? { [K in OperationName]: K }
  : { [K in ClientOperation as EventOf<K>]: K }

/** What a client may ask for, as the contract has it. */
export type ClientEvent = keyof ByEvent & string
export type AskInput<E extends ClientEvent> = Input<ByEvent[E]>
export type AskOutput<E extends ClientEvent> = Output<ByEvent[E]>
