import type { RoomActivityEvent } from '@chat/contract'
import { insertMissing } from '@chat/service'
import { idsOf, type RoomEventDoc } from './documents.ts'
import type { Models, Transaction } from './models.ts'

const PAGE = 200

/** Events of rooms, for as long as the stream keeps them: it is filled from here when it loses some. */
export class RoomEventStore {
  readonly model: Models['roomEvents']
  private readonly formerModel: Models['formerRoomEvents']
  constructor({ roomEvents, formerRoomEvents }: Models) {
    this.model = roomEvents
    this.formerModel = formerRoomEvents
  }

  async add(events: RoomActivityEvent[], storedAt: Date, session: Transaction): Promise<void> {
    if (events.length === 0) return
    await this.model.insertMany(docsOf(events, storedAt), { session })
  }

  async addMissing(events: RoomActivityEvent[], storedAt: Date): Promise<void> {
    await insertMissing(this.model, docsOf(events, storedAt))
  }

  byIds = (ids: string[]): Promise<RoomEventDoc[]> => this.model.find({ _id: { $in: ids } }).lean()

  /** In the order of their ids. */
  after = (id: string, limit: number): Promise<RoomEventDoc[]> =>
    this.model
      .find({ _id: { $gt: id } })
      .sort({ _id: 1 })
      .limit(limit)
      .lean()

  async remove(ids: string[]): Promise<void> {
    if (ids.length > 0) await this.model.deleteMany({ _id: { $in: ids } })
  }

  async removeRoom(roomId: string, session: Transaction): Promise<void> {
    await this.model.deleteMany({ _id: { $gt: `${roomId}-e`, $lt: `${roomId}-f` } }, { session })
  }

  /** Events that an earlier version stored and did not publish. */
  former = (): Promise<RoomEventDoc[]> => this.formerModel.find().limit(PAGE).lean()

  async removeFormer(events: RoomEventDoc[]): Promise<void> {
    await this.formerModel.deleteMany({ _id: { $in: idsOf(events) } })
  }
}

const docsOf = (events: RoomActivityEvent[], storedAt: Date): RoomEventDoc[] =>
  events.map((fact) => ({ _id: fact._id, roomId: fact.roomId, fact, storedAt }))
