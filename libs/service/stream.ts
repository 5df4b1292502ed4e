import { setTimeout as delay } from 'node:timers/promises'
import {
  AckPolicy,
  DiscardPolicy,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { Bus } from './bus.ts'
import type { Logger } from './logger.ts'
import { readEvent, type StreamEvent, type StreamKind, streamKinds } from './stream-event.ts'

const SEVEN_DAYS_MS = 7 * 24 * 60 * 60 * 1000
const TEN_GB = 10 * 1024 ** 3

/** The stream that keeps the events someone needs durably. Made by whoever comes first; changes nothing twice. */
export async function ensureStream(bus: Bus) {
  const manager = await jetstreamManager(bus.connection, { timeout: 10_000 })
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
  const exists = await manager.streams.info(config.name).then(
    () => true,
    () => false,
  )
  if (exists) await manager.streams.update(config.name, config)
  else await manager.streams.add(config)
}

type Consumer = {
  close: () => Promise<void>
  /** How long the oldest event that nobody has handled yet has been there, in ms; 0 where there is none. */
  lagMs: () => Promise<number>
}

type Consuming = {
  bus: Bus
  logger: Logger
  /** Survives restarts and is shared by all instances that use the same name. */
  durable: string
  kinds: StreamKind[]
  /** Handles a batch, in the stream's order: acked when it resolves, delivered again when it throws. */
  handle: (events: StreamEvent[]) => Promise<void>
  /** How long events wait for company under load. */
  paceMs?: number
}

const MAX_BATCH = 2_000
const REDELIVERY_DELAY_MS = 1_000
/**
 * The first event after a pause is handled at once; under load events wait for company this long, since a batch
 * costs the store hardly more than one event. With what handling takes it stays within the half second that
 * contract.md allows other people's doings to trail.
 */
const PACE_MS = 400

/** Reads the stream through a durable consumer, in batches of what has arrived. Ends with `close`. */
export async function consumeEvents(options: Consuming): Promise<Consumer> {
  const { bus, durable } = options
  const manager = await jetstreamManager(bus.connection, { timeout: 10_000 })
  await ensureConsumer(manager, options)
  const consumer = await jetstream(bus.connection).consumers.get(bus.subjects.stream, durable)
  const batches = new Batches(options)
  const messages = await consumer.consume({
    max_messages: MAX_BATCH,
    callback: (message) => batches.push(message),
  })
  return {
    close: async () => {
      await messages.close()
      await batches.idle()
      await bus.flush()
    },
    lagMs: () => lagMs(manager, options),
  }
}

async function lagMs(manager: JetStreamManager, { bus, durable, kinds }: Consuming): Promise<number> {
  const { stream } = bus.subjects
  const { ack_floor } = await manager.consumers.info(stream, durable)
  const seq = ack_floor.stream_seq + 1
  const next = kinds.map((kind) =>
    manager.direct.getMessage(stream, { seq, next_by_subj: bus.subjects.everyRoom(kind) }),
  )
  const times = (await Promise.all(next)).flatMap((message) => message?.time.getTime() ?? [])
  return Math.max(0, ...times.map((time) => Date.now() - time))
}

/** Makes the durable consumer, or brings one from before to what is read now; it goes on where it was. */
async function ensureConsumer(manager: JetStreamManager, { bus, durable, kinds }: Consuming) {
  const { stream } = bus.subjects
  const config = {
    filter_subjects: kinds.map((kind) => bus.subjects.everyRoom(kind)),
    ack_wait: nanos(10_000),
    // What it does is idempotent and must happen: an outage of the store may last longer than any number of tries.
    max_deliver: -1,
    max_ack_pending: 5_000,
  }
  const exists = await manager.consumers.info(stream, durable).then(
    () => true,
    () => false,
  )
  // One filter and several are two fields, of which only one may be set.
  if (exists) await manager.consumers.update(stream, durable, { ...config, filter_subject: '' })
  else
    await manager.consumers.add(stream, {
      ...config,
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
    })
}

/** One batch at a time; what arrives meanwhile is the next one. */
class Batches {
  private readonly options: Consuming
  private waiting: JsMsg[] = []
  private working: Promise<void> | null = null

  constructor(options: Consuming) {
    this.options = options
  }

  push(message: JsMsg) {
    this.waiting.push(message)
    this.working ??= this.work()
  }

  async idle() {
    await this.working
  }

  private async work() {
    while (this.waiting.length > 0) {
      const pace = delay(this.options.paceMs ?? PACE_MS)
      await this.handle(this.waiting.splice(0, MAX_BATCH))
      await pace
    }
    this.working = null
  }

  private async handle(batch: JsMsg[]) {
    const { logger, durable, handle } = this.options
    const events = batch.flatMap((message) => this.parse(message))
    try {
      await handle(events)
      for (const message of batch) message.ack()
    } catch (err) {
      logger.warn({ err, durable, events: events.length }, 'events not handled, will try again')
      for (const message of batch) message.nak(REDELIVERY_DELAY_MS)
    }
  }

  private parse(message: JsMsg): StreamEvent[] {
    try {
      return [readEvent(message)]
    } catch (err) {
      this.options.logger.error(
        { err, subject: message.subject, seq: message.seq },
        'event is not JSON, set aside',
      )
      message.term('not JSON')
      return []
    }
  }
}
