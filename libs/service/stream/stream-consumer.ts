import { setTimeout as delay } from 'node:timers/promises'
import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamManager,
  jetstream,
} from '@nats-io/jetstream'
import { nanos, type Subscription } from '@nats-io/transport-node'
import type { Bus } from '../bus/bus.ts'
import type { ConsumerLag } from '../telemetry/metrics.ts'
import { ACK_WAIT_MS, EventBatches, type Handling, MAX_BATCH } from './event-batches.ts'
import { exists, managerOf, oldestUnhandledMs, unlessCode } from './stream.ts'
import type { StreamKind } from './stream-event.ts'

const HANDLED_POLL_MS = 50
/** The server's code for a consumer that does not exist. */
const NO_CONSUMER = 10_014

type Durable<K extends StreamKind = StreamKind> = {
  bus: Bus
  /** The consumer's name. It survives restarts, and all instances that use the name share the consumer. */
  durable: string
  kinds: K[]
  /** A new consumer begins with the next event instead of the oldest one. */
  startsNow?: boolean
}
type DurableName = Pick<Durable, 'bus' | 'durable'>

/** Reads the stream through a durable consumer, in batches, until `close`. */
export async function consumeEvents<K extends StreamKind>(options: Handling<K> & Durable<K>) {
  const { bus, durable } = options
  const manager = await managerOf(bus)
  await ensureConsumer(manager, options)
  const consumer = await jetstream(bus.connection).consumers.get(bus.subjects.stream, durable)
  const batches = new EventBatches({ ...options, metrics: bus.metrics })
  const messages = await consumer.consume({
    max_messages: options.maxBatch ?? MAX_BATCH,
    callback: (message) => batches.push(message),
  })
  const lag = () => lagOf(manager, options)
  const unwatch = bus.metrics.watchConsumer(durable, lag)
  return {
    close: async () => {
      unwatch()
      batches.stop()
      await bus.drain(subscriptionOf(messages))
      await messages.close()
      await batches.idle()
      await bus.flush()
    },
    /** Age of the oldest event that the consumer has not handled, in ms; 0 where there is none. */
    lagMs: async () => (await lag()).lagMs,
  }
}

/** Untyped by the client, whose own `close` drops messages in flight until `ACK_WAIT_MS` later; draining does not. */
const subscriptionOf = (messages: ConsumerMessages) => (messages as unknown as { sub: Subscription }).sub

async function lagOf(manager: JetStreamManager, { bus, durable }: DurableName): Promise<ConsumerLag> {
  const info = await manager.consumers.info(bus.subjects.stream, durable)
  const lagMs = await oldestUnhandledMs(manager, info)
  return { lagMs, pending: info.num_pending + info.num_ack_pending }
}

/** Creates the consumer without reading: from now on the stream keeps events for it. */
export const ensureDurable = async (durable: Durable) => ensureConsumer(await managerOf(durable.bus), durable)

export async function hasDurable({ bus, durable }: DurableName): Promise<boolean> {
  return (await infoOf(await managerOf(bus), { bus, durable })) !== null
}

/** Resolves when all that was delivered so far is handled. @returns false where that takes longer than `withinMs` */
export async function awaitHandled({ bus, durable }: DurableName, withinMs: number) {
  const manager = await managerOf(bus)
  const delivered = (await infoOf(manager, { bus, durable }))?.delivered.stream_seq ?? 0
  for (const until = Date.now() + withinMs; Date.now() < until; await delay(HANDLED_POLL_MS)) {
    const info = await infoOf(manager, { bus, durable })
    if (!info || info.num_ack_pending === 0 || info.ack_floor.stream_seq >= delivered) return true
  }
  return false
}

/** @returns null where there is no such consumer */
const infoOf = (manager: JetStreamManager, { bus, durable }: DurableName) =>
  unlessCode([NO_CONSUMER], manager.consumers.info(bus.subjects.stream, durable))

/** Creates the consumer, or updates an existing one to these settings; it continues where it was. */
async function ensureConsumer(manager: JetStreamManager, { bus, durable, kinds, startsNow }: Durable) {
  const { stream } = bus.subjects
  const config = {
    filter_subjects: kinds.map((kind) => bus.subjects.everyRoom(kind)),
    ack_wait: nanos(ACK_WAIT_MS),
    // The server counts deliveries: with a limit it would lose an event when its last delivery dies with a process.
    max_deliver: -1,
    max_ack_pending: 5_000,
  }
  if (await exists(manager.consumers.info(stream, durable))) {
    // One filter and several are two fields, of which only one may be set.
    await manager.consumers.update(stream, durable, { ...config, filter_subject: '' })
    return
  }
  await manager.consumers.add(stream, {
    ...config,
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: startsNow ? DeliverPolicy.New : DeliverPolicy.All,
  })
}
