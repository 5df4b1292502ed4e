import { DeliverPolicy, jetstream } from '@nats-io/jetstream'
import type { Bus } from '../bus/bus.ts'
import { managerOf, unlessCode } from '../stream/stream.ts'
import type { StreamKind } from '../stream/stream-event.ts'
import { nowhere, type Position } from './outbox-state.ts'

const BATCH = 2_000
const FETCH_MS = 2_000
const MESSAGE_ID = 'Nats-Msg-Id'
/** The server's code where there is no such stream. */
const NO_STREAM = 10_059

/** When the stream was created, and its last sequence; null where there is none. */
export async function lookAtStream(bus: Bus): Promise<{ created: string; lastSeq: number } | null> {
  const manager = await managerOf(bus)
  const info = await unlessCode([NO_STREAM], manager.streams.info(bus.subjects.stream))
  return info && { created: String(info.created), lastSeq: info.state.last_seq }
}

/** Whether the stream has the event at this place. It has not where the event was erased, or is too old. */
export async function holds(bus: Bus, { seq, eventId }: Position): Promise<boolean> {
  return seq === 0 || (await eventIdAt(bus, seq)) === eventId
}

export async function placeAt(bus: Bus, seq: number): Promise<Position> {
  const eventId = seq === 0 ? null : await eventIdAt(bus, seq)
  return eventId === null ? nowhere : { seq, eventId }
}

async function eventIdAt(bus: Bus, seq: number): Promise<string | null> {
  const manager = await managerOf(bus)
  const found = await manager.direct.getMessage(bus.subjects.stream, { seq })
  return found && idIn(found.header.get(MESSAGE_ID))
}

/** The ids of events of these kinds in the stream, from one sequence to another, both inclusive. */
export async function publishedIds(bus: Bus, kinds: StreamKind[], from: number, to: number) {
  const ids = new Set<string>()
  if (from > to) return ids
  const consumer = await jetstream(bus.connection).consumers.get(bus.subjects.stream, {
    filter_subjects: kinds.map((kind) => bus.subjects.everyRoom(kind)),
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: from,
    headers_only: true,
  })
  let { num_pending: left } = await consumer.info()
  try {
    while (left > 0) {
      const batch = await consumer.fetch({ max_messages: Math.min(left, BATCH), expires: FETCH_MS })
      for await (const message of batch) {
        left = message.seq >= to ? 0 : message.info.pending
        ids.add(idIn(message.headers?.get(MESSAGE_ID) ?? ''))
      }
    }
  } finally {
    await consumer.delete()
  }
  return ids
}

/** An erased event's replacement adds a sequence to its id. */
const idIn = (header: string) => header.split(':')[0] as string

/** Up to where every durable consumer has handled the stream; `ignored` ones do not count. */
export async function handledSeq(bus: Bus, ignored: readonly string[]): Promise<number> {
  const manager = await managerOf(bus)
  const { state } = await manager.streams.info(bus.subjects.stream)
  let handled = state.last_seq
  for await (const info of manager.consumers.list(bus.subjects.stream)) {
    const isIdle = info.num_pending === 0 && info.num_ack_pending === 0
    if (!info.config.durable_name || ignored.includes(info.name) || isIdle) continue
    handled = Math.min(handled, info.ack_floor.stream_seq)
  }
  return handled
}
