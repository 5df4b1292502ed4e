import {
  type EventLog,
  eventId,
  type Logger,
  type Metrics,
  type NumberedKind,
  numberOf,
  Periodic,
  type StreamEvent,
} from '@chat/service'

const RETRY_MS = 1_000
const SWEEP_MS = 5_000
const PAGE = 200
/** Below the age at which the stream forgets. */
const MAX_AGE_MS = 6 * 24 * 60 * 60 * 1000
const ROOMS_PER_SWEEP = 200

/** The stored events of one kind, numbered per room without gaps. */
export type Source = {
  lastOf: (roomId: string) => Promise<number>
  /** From one number to another, both inclusive, in order. */
  between: (roomId: string, from: number, to: number) => Promise<{ event: StreamEvent; at: Date }[]>
}
type Parts = {
  sources: Record<NumberedKind, Source>
  eventLog: EventLog
  logger: Logger
  metrics: Metrics
}

/**
 * An outbox without a collection: it finds stored events that are not published by comparing the store with the
 * stream, when a room's last number is read, after a failed publish, and every few seconds for rooms in use. Numbers
 * are published in order, so only the end can be missing.
 */
export class Outbox {
  private readonly parts: Parts
  /** Stored events whose publish has failed, by id. They are retried until the stream has them. */
  private readonly unpublished = new Map<string, StreamEvent>()
  private readonly roomsInUse = new Set<string>()
  private readonly periodics: Periodic[]

  constructor(parts: Parts) {
    this.parts = parts
    const failed = (message: string) => (err: unknown) => parts.logger.warn({ err }, message)
    this.periodics = [
      new Periodic(RETRY_MS, () => this.retry(), failed('outbox retry failed')),
      new Periodic(SWEEP_MS, () => this.sweep(), failed('outbox sweep failed')),
    ]
  }

  async close() {
    await Promise.all(this.periodics.map((each) => each.close()))
  }

  /** Publishes a stored event. @throws when the stream did not confirm it; the outbox retries it anyway */
  async publish(event: StreamEvent): Promise<void> {
    this.roomsInUse.add(event.message.roomId)
    try {
      await this.parts.eventLog.append(event)
    } catch (error) {
      this.unpublished.set(eventId(event), event)
      this.noteUnpublished()
      throw error
    }
  }

  /** Publishes an event that was found in the store, unless the stream has it. */
  async ensure(event: StreamEvent): Promise<void> {
    const id = eventId(event)
    const { eventLog } = this.parts
    const isPublished = async () =>
      (await eventLog.lastNumber(event.kind, event.message.roomId)) >= numberOf(event)
    if (!this.unpublished.has(id) && (await isPublished())) return
    await this.publish(event)
    this.settle(id)
  }

  /** Publishes what the stream lacks of a room, in order. @returns the last number that is stored */
  async reconcile(kind: NumberedKind, roomId: string): Promise<number> {
    const { sources, eventLog } = this.parts
    const { lastOf, between } = sources[kind]
    const [stored, published] = await Promise.all([lastOf(roomId), eventLog.lastNumber(kind, roomId)])
    const from = published > 0 ? published : Math.max(0, stored - PAGE)
    // A stream that has nothing of the room may have forgotten it by age: older events are not published again.
    const since = published > 0 ? 0 : Date.now() - MAX_AGE_MS
    for (let number = from + 1; number <= stored; number += PAGE) {
      const missing = await between(roomId, number, Math.min(stored, number + PAGE - 1))
      for (const { event, at } of missing) if (at.getTime() > since) await eventLog.append(event)
    }
    return stored
  }

  async reconcileAll(roomId: string): Promise<{ lastSeq: number; lastChange: number }> {
    const [lastSeq, lastChange] = await Promise.all([
      this.reconcile('message', roomId),
      this.reconcile('change', roomId),
    ])
    return { lastSeq, lastChange }
  }

  private async retry() {
    for (const [id, event] of [...this.unpublished]) {
      try {
        await this.parts.eventLog.append(event)
        this.settle(id)
      } catch (err) {
        this.parts.logger.warn(
          { err, unpublished: this.unpublished.size },
          'stored events not published, will retry',
        )
        return
      }
    }
  }

  private settle(id: string) {
    this.unpublished.delete(id)
    this.noteUnpublished()
  }

  private noteUnpublished() {
    this.parts.metrics.owed.set(this.unpublished.size)
  }

  /** Another instance may have died between storing and publishing. */
  private async sweep() {
    const roomIds = [...this.roomsInUse].slice(0, ROOMS_PER_SWEEP)
    for (const roomId of roomIds) this.roomsInUse.delete(roomId)
    for (const roomId of roomIds) await this.reconcileAll(roomId)
  }
}
