import type { RoomActivityEvent } from '@chat/contract'
import type { RoomEventDoc } from './documents.ts'
import type { Models, Transaction } from './models.ts'

/** Events that wait in the outbox (collection `facts`). */
export class RoomEventStore {
  private readonly roomEvents: Models['roomEvents']
  constructor({ roomEvents }: Models) {
    this.roomEvents = roomEvents
  }

  async add(events: RoomActivityEvent[], transaction: Transaction): Promise<void> {
    const createdAt = new Date()
    const docs = events.map((fact) => ({ _id: fact._id, roomId: fact.roomId, fact, createdAt }))
    await this.roomEvents.insertMany(docs, { session: transaction })
  }

  /** A room's events, oldest first. */
  async ofRoom(roomId: string): Promise<RoomEventDoc[]> {
    return this.roomEvents.find(eventsOf(roomId)).sort({ _id: 1 }).lean()
  }

  /** The rooms of the oldest `limit` events, one entry per event. */
  async oldest(limit: number): Promise<string[]> {
    const any = { createdAt: { $gt: new Date(0) } }
    const found = await this.roomEvents.find(any, { roomId: 1 }).sort({ createdAt: 1 }).limit(limit).lean()
    return found.map(({ roomId }) => roomId)
  }

  async remove(ids: string[]): Promise<void> {
    await this.roomEvents.deleteMany({ _id: { $in: ids } })
  }

  async removeRoom(roomId: string, transaction: Transaction): Promise<void> {
    await this.roomEvents.deleteMany(eventsOf(roomId), { session: transaction })
  }
}

const eventsOf = (roomId: string) => ({ _id: { $gt: `${roomId}-e`, $lt: `${roomId}-f` } })
