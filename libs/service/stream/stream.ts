import { setTimeout as delay } from 'node:timers/promises'
import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { nanos, type Subscription } from '@nats-io/transport-node'
import type { Bus } from '../bus/bus.ts'
import type { Standing } from '../telemetry/metrics.ts'
import { ACK_WAIT_MS, EventBatches, type Handling, MAX_BATCH } from './event-batches.ts'
import { type StreamKind, streamKinds } from './stream-event.ts'
import { oldestUnhandledMs } from './stream-status.ts'

const SEVEN_DAYS_MS = 7 * 24 * 60 * 60 * 1000
const TEN_GB = 10 * 1024 ** 3
const HANDLED_POLL_MS = 50

/**
 * The stream that keeps the events someone needs durably. Made by whoever comes first; changes nothing twice.
 * @param isOwner brings one from before to what it should be today
 */
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
  if (!(await isThere(manager.streams.info(config.name)))) await manager.streams.add(config)
  else if (isOwner) await manager.streams.update(config.name, config)
}

/** The stream and all that follow it, where there is one: for a store that begins anew. */
export async function removeStream(bus: Bus) {
  const manager = await managerOf(bus)
  const { stream } = bus.subjects
  if (await isThere(manager.streams.info(stream))) await manager.streams.delete(stream)
}

type Consumer = {
  close: () => Promise<void>
  /** How long the oldest event that nobody has handled yet has been there, in ms; 0 where there is none. */
  lagMs: () => Promise<number>
}

type Durable<K extends StreamKind = StreamKind> = {
  bus: Bus
  /** Survives restarts and is shared by all instances that use the same name. */
  durable: string
  kinds: K[]
  /** Where it has never run before: what is older than it is none of its business. */
  startsNow?: boolean
}
type Consuming<K extends StreamKind> = Handling<K> & Durable<K>

/** Reads the stream through a durable consumer, in batches of what has arrived. Ends with `close`. */
export async function consumeEvents<K extends StreamKind>(options: Consuming<K>): Promise<Consumer> {
  const { bus, durable } = options
  const manager = await managerOf(bus)
  await ensureConsumer(manager, options)
  const consumer = await jetstream(bus.connection).consumers.get(bus.subjects.stream, durable)
  const batches = new EventBatches({ ...options, metrics: bus.metrics })
  const messages = await consumer.consume({
    max_messages: options.maxBatch ?? MAX_BATCH,
    callback: (message) => batches.push(message),
  })
  const standing = () => standingOf(manager, options)
  const unwatch = bus.metrics.watchConsumer(durable, standing)
  return {
    close: async () => {
      unwatch()
      batches.stop()
      await bus.drain(subscriptionOf(messages))
      await messages.close()
      await batches.idle()
      await bus.flush()
    },
    lagMs: async () => (await standing()).lagMs,
  }
}

/**
 * The client's own `close` forgets what is on its way: the server would deliver it again, to somebody else, when it
 * was not acked for `ACK_WAIT_MS`. It does not tell the subscription in its types, and honours that it is drained.
 */
const subscriptionOf = (messages: ConsumerMessages) => (messages as unknown as { sub: Subscription }).sub

async function standingOf(manager: JetStreamManager, { bus, durable }: Durable): Promise<Standing> {
  const info = await manager.consumers.info(bus.subjects.stream, durable)
  const lagMs = await oldestUnhandledMs(manager, info)
  return { lagMs, pending: info.num_pending + info.num_ack_pending }
}

/** Whether JetStream is on is told by its answers to what is asked. */
const managerOf = (bus: Bus) => jetstreamManager(bus.connection, { timeout: 10_000, checkAPI: false })

/** From when this resolves on the stream keeps for the durable what nobody reads yet. */
export const ensureDurable = async (durable: Durable) => ensureConsumer(await managerOf(durable.bus), durable)

/** Whether anybody ever made sure of it. */
export async function hasDurable({ bus, durable }: Pick<Durable, 'bus' | 'durable'>): Promise<boolean> {
  const { consumers } = await managerOf(bus)
  return (await consumers.info(bus.subjects.stream, durable).catch(nullIfMissing)) !== null
}

/** What time it is, by the clock that events are stored by. */
export async function streamTime(bus: Bus): Promise<Date> {
  const { ts } = await (await managerOf(bus)).streams.info(bus.subjects.stream)
  return new Date(ts ?? Date.now())
}

/** Resolves when everything that a durable has given to anybody is handled. @returns false where that takes too long */
export async function awaitHandled({ bus, durable }: Pick<Durable, 'bus' | 'durable'>, withinMs: number) {
  const manager = await managerOf(bus)
  const look = () => manager.consumers.info(bus.subjects.stream, durable).catch(nullIfMissing)
  const given = (await look())?.delivered.stream_seq ?? 0
  for (const until = Date.now() + withinMs; Date.now() < until; await delay(HANDLED_POLL_MS)) {
    const info = await look()
    if (!info || info.num_ack_pending === 0 || info.ack_floor.stream_seq >= given) return true
  }
  return false
}

/** The server's code where there is no such consumer. */
const NO_CONSUMER = 10_014
function nullIfMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === NO_CONSUMER) return null
  throw error
}

const isThere = (info: Promise<unknown>) =>
  info.then(
    () => true,
    () => false,
  )

/** Makes the durable consumer, or brings one from before to what is read now; it goes on where it was. */
async function ensureConsumer(manager: JetStreamManager, { bus, durable, kinds, startsNow }: Durable) {
  const { stream } = bus.subjects
  const config = {
    filter_subjects: kinds.map((kind) => bus.subjects.everyRoom(kind)),
    ack_wait: nanos(ACK_WAIT_MS),
    // The server counts deliveries, and would lose an event whose last one a sudden death ended.
    max_deliver: -1,
    max_ack_pending: 5_000,
  }
  const exists = await isThere(manager.consumers.info(stream, durable))
  // One filter and several are two fields, of which only one may be set.
  if (exists) await manager.consumers.update(stream, durable, { ...config, filter_subject: '' })
  else
    await manager.consumers.add(stream, {
      ...config,
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: startsNow ? DeliverPolicy.New : DeliverPolicy.All,
    })
}
