import {
  DiscardPolicy,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { Bus } from '../bus/bus.ts'
import { streamKinds } from './stream-event.ts'

const SEVEN_DAYS_MS = 7 * 24 * 60 * 60 * 1000
const TEN_GB = 10 * 1024 ** 3

/** Does not ask first whether JetStream is on: every call's answer says so. */
export const managerOf = (bus: Bus): Promise<JetStreamManager> =>
  jetstreamManager(bus.connection, { timeout: 10_000, checkAPI: false })

/** Creates the stream that durable consumers read, if missing. @param isOwner updates an existing one, too */
export async function ensureStream(bus: Bus, isOwner = false) {
  const manager = await managerOf(bus)
  const config = {
    name: bus.subjects.stream,
    subjects: streamKinds.map((kind) => bus.subjects.everyRoom(kind)),
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(SEVEN_DAYS_MS),
    max_bytes: TEN_GB,
    allow_direct: true,
    allow_atomic: true,
  }
  if (!(await exists(manager.streams.info(config.name)))) await manager.streams.add(config)
  else if (isOwner) await manager.streams.update(config.name, config)
}

/** Removes the stream with its consumers, as a restored backup needs. Does nothing where there is none. */
export async function removeStream(bus: Bus) {
  const manager = await managerOf(bus)
  const { stream } = bus.subjects
  if (await exists(manager.streams.info(stream))) await manager.streams.delete(stream)
}

export async function streamTime(bus: Bus): Promise<Date> {
  const { ts } = await (await managerOf(bus)).streams.info(bus.subjects.stream)
  return new Date(ts ?? Date.now())
}

export const exists = (info: Promise<unknown>) => info.then(() => true).catch(() => false)

/** Null where the server answers with one of these error codes. */
export const unlessCode = <T>(codes: number[], request: Promise<T>): Promise<T | null> =>
  request.catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && codes.includes(error.code as number)) return null
    throw error
  })
