import { type ConsumerInfo, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { millis } from '@nats-io/transport-node'
import type { Bus } from '../bus/bus.ts'

/** A durable consumer, as an operator looks at it. */
type ConsumerState = {
  name: string
  /** Events that it has not been given yet. */
  pending: number
  /** Events that it was given and has not acked yet, and how many of them were given more than once. */
  ackPending: number
  redelivered: number
  oldestMs: number
}

/** How full the stream of events is, and how far everybody who reads it has got. @throws where there is none */
export async function surveyStream(bus: Bus) {
  const manager = await jetstreamManager(bus.connection, { timeout: 10_000, checkAPI: false })
  const { stream } = bus.subjects
  const { config, state } = await manager.streams.info(stream)
  const found = await manager.consumers.list(stream).next()
  const consumers = await Promise.all(found.map((info) => consumerState(manager, info)))
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

async function consumerState(manager: JetStreamManager, info: ConsumerInfo): Promise<ConsumerState> {
  return {
    name: info.name,
    pending: info.num_pending,
    ackPending: info.num_ack_pending,
    redelivered: info.num_redelivered,
    oldestMs: await oldestUnhandledMs(manager, info),
  }
}

/** How long the oldest event that a consumer has not handled yet has been there, in ms; 0 where there is none. */
export async function oldestUnhandledMs(manager: JetStreamManager, info: ConsumerInfo): Promise<number> {
  const { ack_floor, config, stream_name } = info
  const subjects = config.filter_subjects ?? [config.filter_subject ?? '>']
  const next = subjects.map((subject) =>
    manager.direct.getMessage(stream_name, { seq: ack_floor.stream_seq + 1, next_by_subj: subject }),
  )
  const times = (await Promise.all(next)).flatMap((message) => message?.time.getTime() ?? [])
  return Math.max(0, ...times.map((time) => Date.now() - time))
}
