import { setTimeout as delay } from 'node:timers/promises'
import type { JsMsg } from '@nats-io/jetstream'
import { BatchQueue } from '../async/batch-queue.ts'
import { mapInSlices } from '../async/time-slice.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { isOutage } from './outage.ts'
import { type Delivered, type Handle, handleBatch } from './poison-events.ts'
import { readEvent, type StreamKind } from './stream-event.ts'

const MAX_BATCH = 500
/** A batch costs hardly more than one event. With the handling it stays within docs/protocol.md's half second. */
const PACE_MS = 400
const FIRST_PAUSE_MS = 250
const MAX_PAUSE_MS = 5_000
/** A batch of which everything fails is repeated so often before its events are set aside. */
const MAX_REPEATS = 5

export type Handling<K extends StreamKind = StreamKind> = {
  logger: Logger
  /** Whether an event, as its JSON, may concern the handler. Others count as handled, and are not parsed. */
  concerns?: (json: Uint8Array) => boolean
  /** Events may come again, late and out of order. It must not block the event loop for longer than 5 ms. */
  handle: Handle<K>
  /** Stores events that failed, to be tried again later. While it throws, the batch is repeated. */
  setAside: (failures: (Delivered<K> & { reason: unknown })[]) => Promise<void>
  /** Shortest time from one batch to the next. */
  paceMs?: number
  maxBatch?: number
}

type Options<K extends StreamKind> = Handling<K> & {
  metrics: Metrics
  name: string
  /** Gets the last message of each batch that is done. */
  handled: (last: JsMsg) => void
}

/** Hands messages to a handler in batches. A batch is repeated, with pauses, until each event is handled or set aside. */
export class EventBatches<K extends StreamKind> {
  private readonly options: Options<K>
  private readonly queue: BatchQueue<JsMsg>
  private readonly closing = new AbortController()
  readonly maxBatch: number

  constructor(options: Options<K>) {
    const { maxBatch = MAX_BATCH, paceMs = PACE_MS, logger, name } = options
    this.options = options
    this.maxBatch = maxBatch
    this.queue = new BatchQueue({
      run: (batch) => this.run(batch),
      failed: (err) => logger.error({ err, consumer: name }, 'batch failed'),
      maxBatch,
      paceMs,
    })
  }

  push(message: JsMsg) {
    if (!this.closing.signal.aborted) this.queue.add(message)
  }

  /** Resolves when less than a batch waits. */
  untilSpace = () => this.queue.below(this.maxBatch)

  /** Forgets the events that wait, and resolves when no batch runs. */
  async clear() {
    this.queue.take()
    await this.queue.idle()
  }

  /** Resolves when the batch that runs is handled, or has failed. */
  async close() {
    this.closing.abort()
    await this.clear()
  }

  private async run(batch: JsMsg[]) {
    const { metrics, name: consumer, handled } = this.options
    metrics.consumed.observe({ consumer }, batch.length)
    const events = (await mapInSlices(batch, (message) => this.parse(message))).flat()
    const last = batch.at(-1)
    if (last && (await this.handle(events))) handled(last)
  }

  /** @returns false where it was closed before the batch was done */
  private async handle(events: Delivered<K>[]): Promise<boolean> {
    const { logger, name: consumer, metrics } = this.options
    let failures = 0
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      try {
        return await this.handleOnce(events, failures >= MAX_REPEATS)
      } catch (err) {
        if (this.closing.signal.aborted) return false
        if (!isOutage(err)) failures++
        metrics.consumerFailures.inc({ consumer }, events.length)
        logger.warn({ err, consumer, events: events.length }, 'events not handled, will try again')
      }
      await delay(pauseMs, undefined, { signal: this.closing.signal }).catch(() => {})
      if (this.closing.signal.aborted) return false
    }
  }

  private async handleOnce(events: Delivered<K>[], mayAllFail: boolean): Promise<boolean> {
    if (events.length === 0) return true
    const { handle, setAside, metrics, name: consumer } = this.options
    const failures = await handleBatch(handle, events, mayAllFail)
    if (failures.length === 0) return true
    // What a stop interrupted has not failed.
    if (this.closing.signal.aborted) return false
    await setAside(failures)
    metrics.consumerFailures.inc({ consumer }, failures.length)
    return true
  }

  private parse(message: JsMsg): Delivered<K>[] {
    if (this.options.concerns?.(message.data) === false) return []
    // The consumer's filter lets no other kinds through.
    const event = readEvent<K>(message)
    if (event) return [{ event, storedAt: message.time }]
    const { logger, metrics, name: consumer } = this.options
    const { subject, seq } = message
    logger.error({ subject, seq, consumer }, 'event dropped: it cannot be read')
    metrics.deadLetterEvents.inc({ consumer })
    return []
  }
}
