import { DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import type { Bus } from '../bus/bus.ts'
import {
  type AnyEvent,
  eventId,
  publicationOf,
  readEvent,
  type StreamEvent,
  type StreamKind,
} from './stream-event.ts'

const BATCH = 500
const numberedKinds = ['message', 'change'] as const
const FETCH_MS = 2_000

export type Scrubbing = {
  bus: Bus
  roomId: string
  /** The stream's number from which on to look. */
  from: number
  /** The event without what is to go; the event itself where there is nothing of it. */
  without: (event: StreamEvent) => StreamEvent
}

type KindScrubbing<K extends StreamKind> = {
  bus: Bus
  kind: K
  from: number
  isStained: (event: StreamEvent<K>) => Promise<boolean>
  /** How long one goes on, by the clock of `performance`. */
  until: number
}

/**
 * Takes single events about a room's messages out of the stream for good: what they said is overwritten, consumers pass over them.
 * The last of a kind tells how far the room is published, and makes way for a copy of what may stay.
 * @returns the stream's number after the last event that was looked at
 */
export async function scrubRoom({ bus, roomId, from, without }: Scrubbing): Promise<number> {
  const { stream } = bus.subjects
  const manager = await jetstreamManager(bus.connection, { checkAPI: false })
  const lasts = new Map<string, number>()
  const stained: { message: JsMsg; clean: AnyEvent }[] = []
  let next = from
  const ofMessages = numberedKinds.map((kind) => bus.subjects.roomEvent(roomId, kind))
  for await (const message of eventsOn(bus, ofMessages, from)) {
    next = message.seq + 1
    lasts.set(message.subject, message.seq)
    const event = readEvent(message) as StreamEvent
    const clean = without(event)
    if (clean !== event) stained.push({ message, clean })
  }
  for (const { message, clean } of stained) {
    if (lasts.get(message.subject) === message.seq) await replaceLast(bus, message, clean)
    // It may have been too old to be there still.
    await manager.streams.deleteMessage(stream, message.seq, true).catch(ignoreMissing)
  }
  return next
}

/**
 * Takes single events of one kind out of the stream, of whatever rooms. Consumers pass over them.
 * @returns where to go on; null at the end
 */
export async function scrubKind<K extends StreamKind>(scrubbing: KindScrubbing<K>): Promise<number | null> {
  const { bus, kind, from, isStained, until } = scrubbing
  const { stream, everyRoom } = bus.subjects
  const manager = await jetstreamManager(bus.connection, { checkAPI: false })
  for await (const message of eventsOn(bus, [everyRoom(kind)], from)) {
    if (await isStained(readEvent(message) as StreamEvent<K>))
      await manager.streams.deleteMessage(stream, message.seq, true).catch(ignoreMissing)
    if (performance.now() > until) return message.seq + 1
  }
  return null
}

/** Every event of a room that goes away. */
export async function purgeRoom(bus: Bus, roomId: string): Promise<void> {
  const manager = await jetstreamManager(bus.connection, { checkAPI: false })
  await manager.streams.purge(bus.subjects.stream, { filter: bus.subjects.roomEvent(roomId, '*') })
}

async function* eventsOn(bus: Bus, filter_subjects: string[], from: number): AsyncGenerator<JsMsg> {
  const consumer = await jetstream(bus.connection).consumers.get(bus.subjects.stream, {
    filter_subjects,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Math.max(1, from),
  })
  let { num_pending: left } = await consumer.info()
  try {
    while (left > 0) {
      for await (const message of await consumer.fetch({
        max_messages: Math.min(left, BATCH),
        expires: FETCH_MS,
      })) {
        left = message.info.pending
        yield message
      }
    }
  } finally {
    await consumer.delete()
  }
}

/** Unless another one has come since: then that one is the last. */
async function replaceLast(bus: Bus, message: JsMsg, clean: AnyEvent) {
  const { body, subject } = publicationOf(clean, bus.subjects)
  const identified = headers()
  identified.set('Nats-Msg-Id', `${eventId(clean)}:${message.seq}`)
  identified.set('Nats-Expected-Last-Subject-Sequence', String(message.seq))
  await jetstream(bus.connection)
    .publish(subject, body, { headers: identified })
    .catch((error: unknown) => {
      if (!isOutrun(error)) throw error
    })
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : 0

/** The server's code where another event has come meanwhile. */
const WRONG_LAST_SEQUENCE = 10_071
const isOutrun = (error: unknown) => codeOf(error) === WRONG_LAST_SEQUENCE

/** The server's code for a number that the stream does not have. */
const NO_MESSAGE = [10_037, 10_043, 10_057]
function ignoreMissing(error: unknown) {
  if (!NO_MESSAGE.includes(codeOf(error))) throw error
}
