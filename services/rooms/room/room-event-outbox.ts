import type { RoomActivity } from '@chat/contract'
import { type EventLog, KeyedQueue, type Logger, Periodic } from '@chat/service'
import { idsOf, type RoomDoc, roomEventId } from '../store/documents.ts'
import type { Transaction } from '../store/models.ts'
import type { Store } from '../store/store.ts'

const SWEEP_MS = 5_000
const PAGE = 200

type Parts = { store: Store; log: EventLog; logger: Logger }

/**
 * Events about rooms and members, for webhooks. A change stores its events in its own transaction; they are published
 * after it, in the order of the changes. A sweep publishes what a dead process left. Consumers skip repeats by their id.
 */
export class RoomEventOutbox {
  private readonly parts: Parts
  private readonly queue = new KeyedQueue()
  private readonly sweep: Periodic
  private readonly running = new Set<Promise<void>>()

  constructor(parts: Parts) {
    this.parts = parts
    this.sweep = new Periodic(
      SWEEP_MS,
      () => this.publishAll(),
      (err) => parts.logger.warn({ err }, 'room events were not published; will retry'),
    )
  }

  async close() {
    await this.sweep.close()
    await Promise.allSettled(this.running)
  }

  /** The room's `updatedAt` grows with every change, so it numbers the events. */
  async add(room: Pick<RoomDoc, '_id' | 'updatedAt'>, activities: RoomActivity[], transaction: Transaction) {
    if (activities.length === 0) return
    const { _id: roomId, updatedAt } = room
    const idOf = (index: number) => roomEventId(roomId, updatedAt, index)
    const common = { roomId, at: updatedAt.toISOString() }
    const events = activities.map((activity, index) => ({ _id: idOf(index), ...common, ...activity }))
    await this.parts.store.rooms.addEvents(events, transaction)
  }

  /** Publishes a room's events in the background; the sweep repeats what fails. */
  publish(roomId: string) {
    const running = this.publishRoom(roomId)
      .catch((err) => this.parts.logger.warn({ err }, 'events of a room were not published; will retry'))
      .finally(() => this.running.delete(running))
    this.running.add(running)
  }

  /** Resolves when the stream has all that was stored until now. */
  async publishAll(): Promise<void> {
    for (let isMore = true; isMore && !this.sweep.isClosed; ) {
      const roomIds = await this.parts.store.rooms.oldestEvents(PAGE)
      for (const roomId of new Set(roomIds)) await this.publishRoom(roomId)
      isMore = roomIds.length === PAGE
    }
  }

  private publishRoom(roomId: string): Promise<void> {
    const { store, log } = this.parts
    return this.queue.run(roomId, async () => {
      const events = await store.rooms.eventsOf(roomId)
      await Promise.all(events.map(({ fact }) => log.append({ kind: 'fact', fact })))
      await store.rooms.removeEvents(idsOf(events))
    })
  }
}
