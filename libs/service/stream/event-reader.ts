import { setTimeout as delay } from 'node:timers/promises'
import { readerName } from '@chat/contract'
import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamManager,
  type JsMsg,
  jetstream,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { BatchQueue } from '../async/batch-queue.ts'
import type { Bus } from '../bus/bus.ts'
import { EventBatches, type Handling } from './event-batches.ts'
import { ensureStream, managerOf, unlessCode } from './stream.ts'
import type { StreamKind } from './stream-event.ts'
import { NO_READER, type Position, type PositionStore, startAfter } from './stream-position.ts'

/** One request for events lasts so long; when it ends, the next one follows at once. */
const REQUEST_MS = 2_000
/** A reader that has heard nothing for two of these looks whether its consumer still exists. */
const HEARTBEAT_MS = 500
const RESTART_MS = 250
/** While NATS is away, a stop waits so long. */
const TIMEOUT_MS = 2_000
/** The server delivers again what was not acked by then. Only a handler that hangs takes so long. */
const ACK_WAIT_MS = 3_600_000
/** One batch is handled, one waits, and one is on its way; the fourth is asked for. */
const MAX_PENDING_BATCHES = 4
const SAVE_EVERY_MS = 250

export type Reading<K extends StreamKind> = Handling<K> & {
  bus: Bus
  name: string
  kinds: K[]
  positions: PositionStore
}

/**
 * Reads the stream in its order, from the consumer's position on. It is the only reader, so that one ack tells the server
 * that all before is handled. After anything unusual (a gap, a lost stream, consumer or connection) it begins anew.
 */
export class EventReader<K extends StreamKind> {
  position: Position
  private stream = ''
  private readonly options: Reading<K>
  private readonly batches: EventBatches<K>
  private readonly saves: BatchQueue<Position>
  private readonly closing = new AbortController()
  private readonly unwatch: () => void
  private readonly running: Promise<void>
  private messages: ConsumerMessages | null = null
  private isInterrupted = false
  private failuresInARow = 0

  constructor(options: Reading<K>, position: Position) {
    const { bus, logger, name, positions } = options
    this.options = options
    this.position = position
    this.saves = new BatchQueue<Position>({
      run: async (batch) => positions.save(batch.at(-1) as Position),
      failed: (err) => logger.warn({ err, consumer: name }, 'position not stored'),
      paceMs: SAVE_EVERY_MS,
    })
    this.batches = new EventBatches({
      ...options,
      metrics: bus.metrics,
      handled: (last) => this.move(last),
    })
    this.unwatch = bus.onReconnect(() => this.interrupt())
    this.running = this.run()
  }

  /** Finishes the batch that is being handled. What waits is left to the next reader. */
  async close() {
    this.closing.abort()
    this.unwatch()
    this.interrupt()
    await this.batches.close()
    await this.running
    const last = this.saves.take().at(-1)
    if (last) await this.options.positions.save(last)
  }

  /** One ack is for all events up to this one. */
  private move(last: JsMsg) {
    last.ack()
    this.position = { stream: this.stream, seq: last.seq, at: last.time }
    this.saves.add(this.position)
  }

  private interrupt() {
    this.isInterrupted = true
    this.messages?.stop()
  }

  private async run() {
    const { logger, name: consumer } = this.options
    const { signal } = this.closing
    while (!signal.aborted) {
      this.isInterrupted = false
      await this.read().catch((err) => {
        if (signal.aborted) return
        const level = this.failuresInARow++ === 0 ? 'info' : 'warn'
        logger[level]({ err, consumer }, 'reads the stream again from its position')
      })
      await delay(RESTART_MS, undefined, { signal }).catch(() => {})
    }
  }

  private async read() {
    const { bus, name } = this.options
    await this.batches.clear()
    await ensureStream(bus, false, TIMEOUT_MS)
    const manager = await managerOf(bus, TIMEOUT_MS)
    await this.setConsumer(manager)
    const { consumers } = jetstream(bus.connection, { timeout: TIMEOUT_MS })
    const consumer = await consumers.get(bus.subjects.stream, readerName(name))
    for (let expected = 1; !this.isInterrupted; ) {
      await this.batches.untilSpace()
      const limits = {
        max_messages: this.batches.maxBatch,
        expires: REQUEST_MS,
        idle_heartbeat: HEARTBEAT_MS,
      }
      const messages = await consumer.fetch(limits)
      this.messages = messages
      try {
        for await (const message of messages) {
          if (message.info.deliverySequence !== expected++) throw new Error('events were missed')
          this.batches.push(message)
        }
      } finally {
        messages.stop()
      }
      this.failuresInARow = 0
    }
  }

  /** The server's consumer is set to where to read on. What was delivered to an earlier reader is delivered again. */
  private async setConsumer(manager: JetStreamManager) {
    const { bus, name, kinds } = this.options
    const { stream } = bus.subjects
    const durable = readerName(name)
    const config = {
      filter_subjects: kinds.map((kind) => bus.subjects.everyRoom(kind)),
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MAX_PENDING_BATCHES * this.batches.maxBatch,
    }
    const { first, stream: created } = await startAfter(manager, stream, this.position)
    this.stream = created
    // One filter and several are two fields, of which only one may be set.
    const update = manager.consumers.update(stream, durable, { ...config, filter_subject: '' })
    // Only a consumer of all events may be set to any of them.
    const fixed = { durable_name: durable, ack_policy: AckPolicy.All, deliver_policy: DeliverPolicy.All }
    if (!(await unlessCode(NO_READER, update))) await manager.consumers.add(stream, { ...config, ...fixed })
    await manager.consumers.reset(stream, durable, first)
  }
}
