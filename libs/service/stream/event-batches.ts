import { setTimeout as delay } from 'node:timers/promises'
import type { JsMsg } from '@nats-io/jetstream'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { type AnyEvent, readEvent, type StreamEvent, type StreamKind } from './stream-event.ts'

export const MAX_BATCH = 2_000
const MAX_FAILURES = 10_000
const REDELIVERY_DELAY_MS = 1_000
export const ACK_WAIT_MS = 10_000
/**
 * The first event after a pause is handled at once; under load events wait for company this long, since a batch
 * costs the store hardly more than one event. With what handling takes it stays within the half second that
 * contract.md allows other people's doings to trail.
 */
const PACE_MS = 400

export type Failure = { event: AnyEvent; reason: unknown }
type Tries<E> = {
  /** Between one try and the next; there is one try more than there are delays. */
  delaysMs: number[]
  /** Keeps what was tried often enough where somebody sees it. What cannot be kept is tried again. */
  setAside: (event: E, reason: unknown, tries: number) => Promise<void>
}

export type Handling<K extends StreamKind = StreamKind> = {
  logger: Logger
  durable: string
  /**
   * Handles a batch, in the stream's order: acked when it resolves, delivered again when it throws. Where only some
   * did not work it says which. `storedAt`: when the stream took each of them, by its own clock.
   */
  handle: (events: StreamEvent<K>[], storedAt: Date[]) => Promise<Failure[]> | Promise<void>
  /** How long events wait for company under load. */
  paceMs?: number
  /** Events that are held at a time. */
  maxBatch?: number
  /** For what must not be tried for ever: after the last try the event is put aside. */
  tries?: Tries<StreamEvent<K>>
}

type Options<K extends StreamKind> = Handling<K> & { metrics: Metrics }

/** One batch at a time; what arrives meanwhile is the next one. */
export class EventBatches<K extends StreamKind> {
  private readonly options: Options<K>
  private readonly held: Held
  private waiting: JsMsg[] = []
  private working: Promise<void> | null = null
  private isStopped = false
  /**
   * How often each event has failed here, by its place in the stream. The server counts deliveries: those that a
   * sudden death ended are no tries.
   */
  private readonly failures = new Map<number, number>()

  constructor(options: Options<K>) {
    this.options = options
    this.held = new Held(options.tries ? ACK_WAIT_MS / 3 : null)
  }

  push(message: JsMsg) {
    if (this.isStopped) return message.nak()
    this.held.add(message)
    this.waiting.push(message)
    this.working ??= this.work()
  }

  /** What must happen is finished. Where there are tries, the next one is left to whoever comes next. */
  stop() {
    if (!this.options.tries) return
    this.isStopped = true
    for (const message of this.waiting.splice(0)) message.nak()
  }

  async idle() {
    await this.working
    this.held.close()
  }

  private async work() {
    const { paceMs = PACE_MS, maxBatch = MAX_BATCH } = this.options
    while (this.waiting.length > 0) {
      const pace = delay(paceMs)
      const batch = this.waiting.splice(0, maxBatch)
      await this.handle(batch)
      this.held.release(batch)
      await pace
    }
    this.working = null
  }

  private async handle(batch: JsMsg[]) {
    const { metrics, durable: consumer } = this.options
    metrics.consumed.observe({ consumer }, batch.length)
    const parsed = batch.flatMap((message) => this.parse(message))
    const failures = await this.attempt(
      parsed.map(({ event }) => event),
      parsed.map(({ message }) => message.time),
    )
    if (failures.size > 0) metrics.consumerFailures.inc({ consumer }, failures.size)
    const outcomes = parsed.map(({ message, event }) =>
      failures.has(event) ? this.retry(message, event, failures.get(event)) : this.accept(message),
    )
    await Promise.all(outcomes)
  }

  /** @returns what did not work, and why */
  private async attempt(events: StreamEvent<K>[], storedAt: Date[]): Promise<Map<AnyEvent, unknown>> {
    const { logger, durable, handle } = this.options
    try {
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
    const { tries, logger, durable } = this.options
    if (!tries) return message.nak(REDELIVERY_DELAY_MS)
    const count = (this.failures.get(message.seq) ?? 0) + 1
    this.note(message.seq, count)
    const delayMs = tries.delaysMs[count - 1]
    if (delayMs !== undefined || this.isStopped) return message.nak(delayMs)
    try {
      await tries.setAside(event, reason, count)
      this.failures.delete(message.seq)
      this.giveUp(message, 'set aside')
    } catch (err) {
      logger.warn({ err, durable }, 'event not set aside, will try again')
      message.nak(tries.delaysMs.at(-1) ?? REDELIVERY_DELAY_MS)
    }
  }

  private giveUp(message: JsMsg, reason: string) {
    this.options.metrics.eventsSetAside.inc({ consumer: this.options.durable })
    message.term(reason)
  }

  private note(seq: number, count: number) {
    this.failures.delete(seq)
    this.failures.set(seq, count)
    // Those that somebody else has got are never heard of again here.
    if (this.failures.size > MAX_FAILURES) this.failures.delete(this.failures.keys().next().value as number)
  }

  private parse(message: JsMsg): { message: JsMsg; event: StreamEvent<K> }[] {
    try {
      // The consumer's filter lets no other kinds through.
      return [{ message, event: readEvent(message) as StreamEvent<K> }]
    } catch (err) {
      this.options.logger.error(
        { err, subject: message.subject, seq: message.seq },
        'event is not JSON, set aside',
      )
      this.giveUp(message, 'not JSON')
      return []
    }
  }
}

/** Messages whose handling may take longer than the server waits: it is told that they are being worked on. */
class Held {
  private readonly messages = new Set<JsMsg>()
  private readonly timer: NodeJS.Timeout | null

  constructor(everyMs: number | null) {
    const tell = () => {
      for (const message of this.messages) message.working()
    }
    this.timer = everyMs === null ? null : setInterval(tell, everyMs)
  }

  add(message: JsMsg) {
    if (this.timer) this.messages.add(message)
  }

  release(messages: JsMsg[]) {
    for (const message of messages) this.messages.delete(message)
  }

  close() {
    if (this.timer) clearInterval(this.timer)
  }
}
