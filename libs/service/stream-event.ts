import { changeId, kindOf, type Message, type RoomEvents, type Subjects } from '@chat/contract'
import { encode } from './bus.ts'

/** The kinds of room events that the stream keeps. Each is numbered per room, without gaps. */
export const streamKinds = ['message', 'change'] as const
export type StreamKind = (typeof streamKinds)[number]

export type StreamEvent =
  | { kind: 'message'; message: Message }
  /** `message` as it has become. */
  | { kind: 'change'; change: number; message: Message; mentioned?: string[] }

export const numberOf = (event: StreamEvent) => (event.kind === 'change' ? event.change : event.message.seq)

/** The same for every instance that publishes the event, so that the stream keeps it once. */
export const eventId = (event: StreamEvent) =>
  event.kind === 'change' ? changeId(event.message.roomId, event.change) : event.message._id

/** Where it is published, and what the bus carries. */
export function publicationOf(event: StreamEvent, subjects: Subjects) {
  const subject = subjects.roomEvent(event.message.roomId, event.kind)
  if (event.kind === 'message') return { subject, body: encode(event.message) }
  const { kind: _, ...change } = event
  return { subject, body: encode(change) }
}

/** @throws where it is not JSON */
export function readEvent(published: { subject: string; json: <T>() => T }): StreamEvent {
  return kindOf(published.subject) === 'change'
    ? { kind: 'change', ...published.json<RoomEvents['change']>() }
    : { kind: 'message', message: published.json<Message>() }
}
