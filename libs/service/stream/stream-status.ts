import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { millis } from '@nats-io/transport-node'
import type { Bus } from '../bus/bus.ts'
import { managerOf } from './stream.ts'

/** How full the stream is, and how far each consumer has read it. @throws where there is no stream */
export async function streamStatus(bus: Bus) {
  const manager = await managerOf(bus)
  const { stream } = bus.subjects
  const { config, state } = await manager.streams.info(stream)
  const found = await manager.consumers.list(stream).next()
  const consumers = await Promise.all(found.map((info) => consumerStatus(manager, info)))
  const isEmpty = state.messages === 0
  return {
    stream: {
      name: stream,
      messages: state.messages,
      bytes: state.bytes,
      maxBytes: config.max_bytes,
      maxAgeMs: millis(config.max_age),
      firstAt: isEmpty ? null : new Date(state.first_ts).toISOString(),
      lastAt: isEmpty ? null : new Date(state.last_ts).toISOString(),
    },
    consumers: consumers.sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

async function consumerStatus(manager: JetStreamManager, info: ConsumerInfo) {
  return {
    name: info.name,
    pending: info.num_pending,
    /** Events that were delivered and not acked, and how many of these were delivered more than once. */
    ackPending: info.num_ack_pending,
    redelivered: info.num_redelivered,
    oldestMs: await oldestUnhandledMs(manager, info),
  }
}

/** Age of the oldest event that a consumer has not handled, in ms; 0 where there is none. */
export async function oldestUnhandledMs(manager: JetStreamManager, info: ConsumerInfo): Promise<number> {
  const { ack_floor, config, stream_name } = info
  const subjects = config.filter_subjects ?? [config.filter_subject ?? '>']
  const next = subjects.map((subject) =>
    manager.direct.getMessage(stream_name, { seq: ack_floor.stream_seq + 1, next_by_subj: subject }),
  )
  const times = (await Promise.all(next)).flatMap((message) => message?.time.getTime() ?? [])
  return Math.max(0, ...times.map((time) => Date.now() - time))
}
