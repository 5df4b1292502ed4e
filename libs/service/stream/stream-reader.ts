import { DeliverPolicy, type JsMsg, jetstream } from '@nats-io/jetstream'
import type { Bus } from '../bus/bus.ts'
import { managerOf } from './stream.ts'
import { readEvent, type StreamEvent, type StreamKind } from './stream-event.ts'

const BATCH = 500
const FETCH_MS = 2_000

/** The number of the last event in the stream. */
export async function lastSequence(bus: Bus): Promise<number> {
  return (await (await managerOf(bus)).streams.info(bus.subjects.stream)).state.last_seq
}

/** The events that the stream holds now, from a number on, without a durable consumer. */
export async function* readEvents<K extends StreamKind>(bus: Bus, kinds: K[], from: number) {
  const subjects = kinds.map((kind) => bus.subjects.everyRoom(kind))
  for await (const message of eventsOn(bus, subjects, from)) yield readEvent(message) as StreamEvent<K>
}

/** The messages of some subjects, as `readEvents`. */
export async function* eventsOn(bus: Bus, filter_subjects: string[], from: number): AsyncGenerator<JsMsg> {
  const consumer = await jetstream(bus.connection).consumers.get(bus.subjects.stream, {
    filter_subjects,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Math.max(1, from),
  })
  let { num_pending: left } = await consumer.info()
  try {
    while (left > 0) {
      const batch = await consumer.fetch({ max_messages: Math.min(left, BATCH), expires: FETCH_MS })
      for await (const message of batch) {
        left = message.info.pending
        yield message
      }
    }
  } finally {
    await consumer.delete()
  }
}
