import { insertMissing } from '@chat/service'
import type {
  DeliveryDoc,
  DeliveryModel,
  DeliveryState,
  DeliverySummary,
  DueDelivery,
  TryResult,
} from './delivery-doc.ts'
import { deliveryKey } from './delivery-doc.ts'

/** Deliveries as the dispatcher and the log see them. */
export class DeliveryStore {
  readonly model: DeliveryModel

  constructor(model: DeliveryModel) {
    this.model = model
  }

  async add(docs: DeliveryDoc[]) {
    if (docs.length > 0) await insertMissing(this.model, docs)
  }

  due(webhookId: string, exceptRooms: string[], limit: number): Promise<DueDelivery[]> {
    const due = this.model.find({ ...isDue(webhookId), roomId: { $nin: exceptRooms } }, { roomId: 1 })
    return due.sort({ nextAt: 1, order: 1 }).limit(limit).lean()
  }

  /** Those of the ids that still exist and are due, by id. */
  async stillDue(ids: string[]): Promise<Map<string, DeliveryDoc>> {
    const found = await this.model.find({ _id: { $in: ids } }).lean()
    const due = found.filter(({ nextAt }) => nextAt !== undefined && nextAt.getTime() <= Date.now())
    return new Map(due.map((delivery) => [delivery._id, delivery]))
  }

  async nextDue(webhookId: string): Promise<Date | null> {
    const waiting = this.model.findOne({ webhookId, nextAt: { $gt: new Date(0) } }, { nextAt: 1 })
    return (await waiting.sort({ nextAt: 1, order: 1 }).lean())?.nextAt ?? null
  }

  async holdRoom(webhookId: string, roomId: string, until: Date) {
    await this.model.updateMany({ ...isDue(webhookId), roomId }, { $set: { nextAt: until } })
  }

  /** Rooms with a delivery that has failed at most `maxTries` times and waits for its next try, and when that is. */
  async heldRooms(webhookId: string, maxTries: number): Promise<Map<string, Date>> {
    const waiting = { webhookId, nextAt: { $gt: new Date() }, tries: { $gte: 1, $lte: maxTries } }
    const failed = this.model.find(waiting, { roomId: 1, nextAt: 1 }).sort({ nextAt: 1, order: 1 })
    return new Map((await failed.lean()).map(({ roomId, nextAt }) => [roomId, nextAt as Date]))
  }

  /** Ends deliveries, except those that were replayed since. */
  async finish(ids: string[], replayedAt: Date | null, state: DeliveryState, result: TryResult) {
    const change = { $set: { state, ...result }, $inc: { tries: 1 }, $unset: { nextAt: 1 } }
    await this.model.updateMany({ _id: { $in: ids }, replayedAt }, change)
  }

  /** @returns false where it was replayed since: then it stays due */
  async postpone({ _id, replayedAt = null }: DeliveryDoc, nextAt: Date, result: TryResult): Promise<boolean> {
    const change = { $set: { nextAt, ...result }, $inc: { tries: 1 } }
    return (await this.model.updateOne({ _id, replayedAt }, change)).matchedCount > 0
  }

  get = (webhookId: string, eventId: string): Promise<DeliveryDoc | null> =>
    this.model.findById(deliveryKey(webhookId, eventId)).lean()

  list(webhookId: string, state: DeliveryState, before: number, limit: number): Promise<DeliverySummary[]> {
    const found = this.model.find({ webhookId, state, order: { $lt: before } }, { data: 0, about: 0 })
    return found.sort({ order: -1 }).limit(limit).lean()
  }

  /** Makes it due as if it had never been tried. @returns null where there is none */
  replay(webhookId: string, eventId: string): Promise<DeliveryDoc | null> {
    const now = new Date()
    const change = { $set: { state: 'WAITING', tries: 0, since: now, replayedAt: now, nextAt: now } as const }
    const key = deliveryKey(webhookId, eventId)
    return this.model.findByIdAndUpdate(key, change, { returnDocument: 'after' }).lean()
  }

  async deleteWebhook(webhookId: string) {
    await this.model.deleteMany({ webhookId })
  }
}

const isDue = (webhookId: string) => ({ webhookId, nextAt: { $lte: new Date() } })
