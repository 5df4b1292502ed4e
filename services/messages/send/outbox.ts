import {
  type EventLog,
  eventId,
  type Logger,
  type Metrics,
  type NumberedKind,
  numberOf,
  type StreamEvent,
} from '@chat/service'

const RETRY_MS = 1_000
const SWEEP_MS = 5_000
const PAGE = 200
/** Less than the age at which the stream forgets. */
const OWED_FOR_MS = 6 * 24 * 60 * 60 * 1000
const ROOMS_PER_SWEEP = 200

/** What is stored of one kind of event, numbered per room without gaps. */
export type Source = {
  lastOf: (roomId: string) => Promise<number>
  /** From one number to another, both inclusive, in order. */
  between: (roomId: string, from: number, to: number) => Promise<{ event: StreamEvent; at: Date }[]>
}

/**
 * An outbox without a table: what was stored but not published is found by comparing the store with the stream, when
 * a room is taken up, after a publish that failed, and every few seconds for rooms that are busy. Numbers are
 * published in their order, so what is missing is at the end.
 */
export class Outbox {
  private readonly sources: Record<NumberedKind, Source>
  private readonly log: EventLog
  private readonly logger: Logger
  private readonly metrics: Metrics
  /** Stored events whose publish has failed; tried until the stream has them. */
  private readonly owed = new Map<string, StreamEvent>()
  private readonly busy = new Set<string>()
  private readonly timers: NodeJS.Timeout[]

  constructor(parts: {
    sources: Record<NumberedKind, Source>
    log: EventLog
    logger: Logger
    metrics: Metrics
  }) {
    this.sources = parts.sources
    this.log = parts.log
    this.logger = parts.logger
    this.metrics = parts.metrics
    this.timers = [
      setInterval(() => void this.retry(), RETRY_MS),
      setInterval(() => void this.sweep(), SWEEP_MS),
    ]
  }

  close() {
    for (const timer of this.timers) clearInterval(timer)
  }

  /** Publishes what is stored. @throws where the stream did not confirm it; it will be published all the same */
  async publish(event: StreamEvent): Promise<void> {
    this.busy.add(event.message.roomId)
    try {
      await this.log.append(event)
    } catch (error) {
      this.owed.set(eventId(event), event)
      this.metrics.owed.set(this.owed.size)
      throw error
    }
  }

  /** Makes sure that what was found in the store is in the stream too. */
  async ensure(event: StreamEvent): Promise<void> {
    const id = eventId(event)
    const isPublished = async () =>
      (await this.log.lastNumber(event.kind, event.message.roomId)) >= numberOf(event)
    if (!this.owed.has(id) && (await isPublished())) return
    await this.publish(event)
    this.settle(id)
  }

  /** Publishes what the stream lacks of a room, in order. @returns the last number that is stored */
  async reconcile(kind: NumberedKind, roomId: string): Promise<number> {
    const { lastOf, between } = this.sources[kind]
    const [stored, published] = await Promise.all([lastOf(roomId), this.log.lastNumber(kind, roomId)])
    const from = published > 0 ? published : Math.max(0, stored - PAGE)
    // Where the stream has nothing of a room it may have forgotten it by age: what is that old is not owed.
    const since = published > 0 ? 0 : Date.now() - OWED_FOR_MS
    for (let number = from + 1; number <= stored; number += PAGE) {
      const missing = await between(roomId, number, Math.min(stored, number + PAGE - 1))
      for (const { event, at } of missing) if (at.getTime() > since) await this.log.append(event)
    }
    return stored
  }

  /** Likewise for all kinds. */
  async reconcileAll(roomId: string): Promise<{ lastSeq: number; lastChange: number }> {
    const [lastSeq, lastChange] = await Promise.all([
      this.reconcile('message', roomId),
      this.reconcile('change', roomId),
    ])
    return { lastSeq, lastChange }
  }

  private async retry() {
    for (const [id, event] of [...this.owed]) {
      try {
        await this.log.append(event)
        this.settle(id)
      } catch (err) {
        this.logger.warn({ err, owed: this.owed.size }, 'stored events are not published yet')
        return
      }
    }
  }

  private settle(id: string) {
    this.owed.delete(id)
    this.metrics.owed.set(this.owed.size)
  }

  /** Another instance may have stored something and died before it was published. */
  private async sweep() {
    const rooms = [...this.busy].slice(0, ROOMS_PER_SWEEP)
    for (const roomId of rooms) this.busy.delete(roomId)
    try {
      for (const roomId of rooms) await this.reconcileAll(roomId)
    } catch (err) {
      this.logger.warn({ err }, 'outbox sweep did not finish')
    }
  }
}
