import type { JsMsg } from '@nats-io/jetstream'
import { LRUCache } from 'lru-cache'
import { BatchQueue } from '../async/batch-queue.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { type AnyEvent, readEvent, type StreamEvent, type StreamKind } from './stream-event.ts'

export const MAX_BATCH = 2_000
const MAX_FAILURES = 10_000
const REDELIVERY_DELAY_MS = 1_000
export const ACK_WAIT_MS = 10_000
/** A batch costs hardly more than one event. With the handling it stays within docs/protocol.md's half second. */
const PACE_MS = 400

export type Failure = { event: AnyEvent; reason: unknown }
type Retry<E> = {
  /** Pauses between tries. There is one try more than there are pauses. */
  delaysMs: number[]
  /** Keeps an event that failed at every try. When this fails, the event is tried again. */
  deadLetter: (event: E, reason: unknown, tries: number) => Promise<void>
}

export type Handling<K extends StreamKind = StreamKind> = {
  logger: Logger
  durable: string
  /** What fails, or all where it rejects, comes again; the rest is acked. `storedAt` is by the stream's clock. */
  handle: (events: StreamEvent<K>[], storedAt: Date[]) => Promise<Failure[]> | Promise<void>
  /** Shortest time from one batch to the next. */
  paceMs?: number
  maxBatch?: number
  /** Limits the tries. Without it, an event is tried until it succeeds. */
  retry?: Retry<StreamEvent<K>>
}

type Options<K extends StreamKind> = Handling<K> & { metrics: Metrics }
type Delivered<K extends StreamKind> = { message: JsMsg; event: StreamEvent<K> }

/** Hands the messages of a consumer to its handler in batches, and answers each message by the outcome. */
export class EventBatches<K extends StreamKind> {
  private readonly options: Options<K>
  private readonly queue: BatchQueue<JsMsg>
  /** What the heartbeat keeps alive. */
  private readonly unanswered = new Set<JsMsg>()
  private readonly heartbeat: NodeJS.Timeout | undefined
  private isStopped = false
  /** How often each event failed here, by sequence. The server also counts deliveries to processes that died. */
  private readonly failures = new LRUCache<number, number>({ max: MAX_FAILURES })

  constructor(options: Options<K>) {
    this.options = options
    if (options.retry) this.heartbeat = setInterval(() => this.renew(), ACK_WAIT_MS / 3)
    this.queue = new BatchQueue({
      run: (batch) =>
        this.handle(batch).finally(() => {
          for (const message of batch) this.unanswered.delete(message)
        }),
      failed: (err) => options.logger.warn({ err, durable: options.durable }, 'batch failed'),
      maxBatch: options.maxBatch ?? MAX_BATCH,
      paceMs: options.paceMs ?? PACE_MS,
    })
  }

  push(message: JsMsg) {
    if (this.isStopped) return message.nak()
    if (this.heartbeat) this.unanswered.add(message)
    this.queue.add(message)
  }

  /** Returns waiting events to the server where tries are limited; otherwise they are still handled here. */
  stop() {
    if (!this.options.retry) return
    this.isStopped = true
    for (const message of this.queue.take()) message.nak()
  }

  async idle() {
    await this.queue.idle()
    clearInterval(this.heartbeat)
  }

  private async handle(batch: JsMsg[]) {
    const { metrics, durable: consumer } = this.options
    metrics.consumed.observe({ consumer }, batch.length)
    const delivered = batch.flatMap((message) => this.parse(message))
    const failures = await this.tryToHandle(delivered)
    if (failures.size > 0) metrics.consumerFailures.inc({ consumer }, failures.size)
    const answers = delivered.map(({ message, event }) =>
      failures.has(event) ? this.retry(message, event, failures.get(event)) : this.accept(message),
    )
    await Promise.all(answers)
  }

  /** Tells the server that messages are being worked on, so that it does not deliver them again. */
  private renew() {
    for (const message of this.unanswered) message.working()
  }

  /** @returns the events that failed, with the reasons */
  private async tryToHandle(delivered: Delivered<K>[]): Promise<Map<AnyEvent, unknown>> {
    const { logger, durable, handle } = this.options
    const events = delivered.map(({ event }) => event)
    try {
      const storedAt = delivered.map(({ message }) => message.time)
      const failures = (await handle(events, storedAt)) ?? []
      return new Map(failures.map(({ event, reason }) => [event, reason]))
    } catch (err) {
      logger.warn({ err, durable, events: events.length }, 'events not handled, will try again')
      return new Map(events.map((event) => [event as AnyEvent, err]))
    }
  }

  private accept(message: JsMsg) {
    this.failures.delete(message.seq)
    message.ack()
  }

  private async retry(message: JsMsg, event: StreamEvent<K>, reason: unknown) {
    const { retry, logger, durable } = this.options
    if (!retry) return message.nak(REDELIVERY_DELAY_MS)
    const tries = (this.failures.get(message.seq) ?? 0) + 1
    this.failures.set(message.seq, tries)
    const delayMs = retry.delaysMs[tries - 1]
    if (delayMs !== undefined || this.isStopped) return message.nak(delayMs)
    try {
      await retry.deadLetter(event, reason, tries)
      this.failures.delete(message.seq)
      this.terminate(message, 'dead letter')
    } catch (err) {
      logger.warn({ err, durable }, 'dead letter not stored, will try again')
      message.nak(retry.delaysMs.at(-1) ?? REDELIVERY_DELAY_MS)
    }
  }

  private terminate(message: JsMsg, reason: string) {
    this.options.metrics.deadLetterEvents.inc({ consumer: this.options.durable })
    message.term(reason)
  }

  private parse(message: JsMsg): Delivered<K>[] {
    try {
      // The consumer's filter lets no other kinds through.
      return [{ message, event: readEvent(message) as StreamEvent<K> }]
    } catch (err) {
      const { subject, seq } = message
      this.options.logger.error({ err, subject, seq }, 'event dropped: it is not JSON')
      this.terminate(message, 'not JSON')
      return []
    }
  }
}
