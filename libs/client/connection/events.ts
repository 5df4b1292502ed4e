import type { ClientOperation, Input, Operations, Output } from '@chat/contract'

type ByEvent = { [K in ClientOperation as Operations[K]['event']]: K }

/** What a client may ask for, as the contract has it. */
export type ClientEvent = keyof ByEvent
export type AskInput<E extends ClientEvent> = Input<ByEvent[E]>
export type AskOutput<E extends ClientEvent> = Output<ByEvent[E]>
