import type { ClientOperation, Input, OperationName, Operations, Output } from '@chat/contract'

/** The event that asks for an operation; its name, where the contract's types do not spell the event. */
type EventOf<K extends OperationName> = Operations[K] extends { event: infer E extends string }
  ? string extends E
    ? K
    : E
  : K

/** Where the contract's types do not tell which operations have an event, every one is taken for such. */
type Asked = [ClientOperation] extends [never] ? OperationName : ClientOperation
type ByEvent = { [K in Asked as EventOf<K>]: K }

/** What a client may ask for, as the contract has it. */
export type ClientEvent = keyof ByEvent
export type AskInput<E extends ClientEvent> = Input<ByEvent[E]>
export type AskOutput<E extends ClientEvent> = Output<ByEvent[E]>
