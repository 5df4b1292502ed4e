import {
  changeId,
  kindOf,
  type Message,
  type RoomActivityEvent,
  type RoomEvents,
  type Subjects,
} from '@chat/contract'
import { encode } from '../bus/request-encoding.ts'

type Events = {
  message: { kind: 'message'; message: Message }
  /** `message` is in the state after the change. */
  change: { kind: 'change'; change: number; message: Message; mentioned?: string[] }
  fact: { kind: 'fact'; fact: RoomActivityEvent }
}
/** The kinds of room events that the stream keeps. */
export type StreamKind = keyof Events
export const streamKinds = ['message', 'change', 'fact'] as const satisfies StreamKind[]
/** The kinds about messages. Each is numbered per room, without gaps. */
export type NumberedKind = 'message' | 'change'

/** An event about a message, unless other kinds are named. */
export type StreamEvent<K extends StreamKind = NumberedKind> = Events[K]
export type AnyEvent = StreamEvent<StreamKind>

export const numberOf = (event: StreamEvent) => (event.kind === 'change' ? event.change : event.message.seq)

/** The same in every instance that publishes the event, so that the stream keeps it once. */
export function eventId(event: AnyEvent): string {
  if (event.kind === 'fact') return event.fact._id
  return event.kind === 'change' ? changeId(event.message.roomId, event.change) : event.message._id
}

export function publicationOf(event: AnyEvent, subjects: Subjects) {
  const { roomId } = event.kind === 'fact' ? event.fact : event.message
  return { subject: subjects.roomEvent(roomId, event.kind), body: encode(bodyOf(event)) }
}

function bodyOf(event: AnyEvent) {
  if (event.kind === 'message') return event.message
  if (event.kind === 'fact') return event.fact
  const { kind: _, ...change } = event
  return change
}

type Published = { subject: string; json: <T>() => T }

/** Null for what is no event: not JSON, or without an id, a room or a number. */
export function readEvent<K extends StreamKind>(published: Published): StreamEvent<K> | null {
  try {
    const event = parseEvent(published)
    return isIdentified(event) ? (event as StreamEvent<K>) : null
  } catch {
    return null
  }
}

function isIdentified(event: AnyEvent): boolean {
  const { _id, roomId } = (event.kind === 'fact' ? event.fact : event.message) ?? {}
  const isNumbered = event.kind === 'fact' || Number.isSafeInteger(numberOf(event))
  return typeof _id === 'string' && typeof roomId === 'string' && isNumbered
}

function parseEvent(published: Published): AnyEvent {
  const kind = kindOf(published.subject) as StreamKind
  if (kind === 'fact') return { kind, fact: published.json<RoomActivityEvent>() }
  return kind === 'change'
    ? { kind, ...published.json<RoomEvents['change']>() }
    : { kind: 'message', message: published.json<Message>() }
}
