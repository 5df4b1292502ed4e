import { DeliverPolicy, type JsMsg, jetstream, type OrderedConsumerOptions } from '@nats-io/jetstream'
import type { Bus } from '../bus/bus.ts'
import { managerOf } from './stream.ts'
import { readEvent, type StreamKind } from './stream-event.ts'

const BATCH = 500
const FETCH_MS = 2_000

/** The number of the last event in the stream. */
export async function lastSequence(bus: Bus): Promise<number> {
  return (await (await managerOf(bus)).streams.info(bus.subjects.stream)).state.last_seq
}

/** The events that the stream holds now, from a number on, without a durable consumer. */
export async function* readEvents<K extends StreamKind>(bus: Bus, kinds: K[], from: number) {
  const subjects = kinds.map((kind) => bus.subjects.everyRoom(kind))
  for await (const message of eventsOn(bus, subjects, from)) {
    const event = readEvent<K>(message)
    if (event) yield event
  }
}

/** The messages of some subjects, as `readEvents`. */
export const eventsOn = (bus: Bus, filter_subjects: string[], from: number): AsyncGenerator<JsMsg> =>
  messagesOf(bus, {
    filter_subjects,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Math.max(1, from),
  })

/** The messages that the stream holds now, of those that the options say. */
export async function* messagesOf(bus: Bus, options: Partial<OrderedConsumerOptions>, maxBatch = BATCH) {
  const consumer = await jetstream(bus.connection).consumers.get(bus.subjects.stream, options)
  let { num_pending: left } = await consumer.info()
  try {
    while (left > 0) {
      const batch = await consumer.fetch({ max_messages: Math.min(left, maxBatch), expires: FETCH_MS })
      let isEmpty = true
      for await (const message of batch) {
        isEmpty = false
        left = message.info.pending
        yield message
      }
      // What was left may have gone: purged, or too old.
      if (isEmpty) left = (await consumer.info()).num_pending
    }
  } finally {
    await consumer.delete()
  }
}
