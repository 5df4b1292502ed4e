import { consumerName } from '@chat/contract'
import {
  type ConsumerInfo,
  DiscardPolicy,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { millis, nanos } from '@nats-io/transport-node'
import type { Bus } from '../bus/bus.ts'
import { streamKinds } from './stream-event.ts'

const SEVEN_DAYS_MS = 7 * 24 * 60 * 60 * 1000
const TEN_GB = 10 * 1024 ** 3
const TIMEOUT_MS = 10_000
/** The server's codes where there is no such stream, or consumer. */
export const NO_STREAM = 10_059
export const NO_CONSUMER = 10_014

/** Does not ask first whether JetStream is on: every call's answer says so. */
export const managerOf = (bus: Bus, timeout = TIMEOUT_MS): Promise<JetStreamManager> =>
  jetstreamManager(bus.connection, { timeout, checkAPI: false })

/** Creates the stream that durable consumers read, if missing. @param isOwner updates an existing one, too */
export async function ensureStream(bus: Bus, isOwner = false, timeoutMs = TIMEOUT_MS) {
  const manager = await managerOf(bus, timeoutMs)
  const config = {
    name: bus.subjects.stream,
    subjects: streamKinds.map((kind) => bus.subjects.everyRoom(kind)),
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(SEVEN_DAYS_MS),
    max_bytes: TEN_GB,
    allow_direct: true,
  }
  if (!(await unlessCode([NO_STREAM], manager.streams.info(config.name)))) await manager.streams.add(config)
  else if (isOwner) await manager.streams.update(config.name, config)
}

/** Removes the stream with its consumers, as a restored backup needs. Does nothing where there is none. */
export async function removeStream(bus: Bus) {
  const manager = await managerOf(bus)
  await unlessCode([NO_STREAM], manager.streams.delete(bus.subjects.stream))
}

export async function streamTime(bus: Bus): Promise<Date> {
  const { ts } = await (await managerOf(bus)).streams.info(bus.subjects.stream)
  return new Date(ts ?? Date.now())
}

/** Null where the server answers with one of these error codes. */
export const unlessCode = <T>(codes: number[], request: Promise<T>): Promise<T | null> =>
  request.catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && codes.includes(error.code as number)) return null
    throw error
  })

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
    name: consumerName(info.name),
    pending: info.num_pending,
    /** Events that were delivered and not acked, and how many of these were delivered more than once. */
    ackPending: info.num_ack_pending,
    redelivered: info.num_redelivered,
    oldestMs: await oldestUnackedMs(manager, info),
  }
}

/** Age of the oldest event that a consumer has not acked, in ms; 0 where there is none. */
async function oldestUnackedMs(manager: JetStreamManager, info: ConsumerInfo): Promise<number> {
  const { ack_floor, config, stream_name } = info
  const subjects = config.filter_subjects ?? [config.filter_subject ?? '>']
  const next = subjects.map((subject) =>
    manager.direct.getMessage(stream_name, { seq: ack_floor.stream_seq + 1, next_by_subj: subject }),
  )
  const times = (await Promise.all(next)).flatMap((message) => message?.time.getTime() ?? [])
  return Math.max(0, ...times.map((time) => Date.now() - time))
}
