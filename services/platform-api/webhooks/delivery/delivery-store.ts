import { type Connection, chunksOf, insertMissing, modelOf } from '@chat/service'
import type { Model } from 'mongoose'
import type { WebhookEvent } from '../events/webhook-event.ts'

export type DeliveryState = 'WAITING' | 'DELIVERED' | 'FAILED'
/** An event for one webhook, and how its delivery goes. `_id` names both. */
export type DeliveryDoc = WebhookEvent & {
  _id: string
  webhookId: string
  state: DeliveryState
  /** Ascends in the order in which the events came. */
  order: number
  tries: number
  since: Date
  /** When it was last replayed. A try that began before does not count. */
  replayedAt: Date | null
  /** Absent when it is not tried any more. */
  nextAt?: Date
  lastTriedAt: Date | null
  lastStatus: number | null
  lastError: string | null
  createdAt: Date
}
export type DueDelivery = Pick<DeliveryDoc, '_id' | 'roomId'>
export type DeliverySummary = Omit<DeliveryDoc, 'data' | 'about'>
export type TryResult = Pick<DeliveryDoc, 'lastTriedAt' | 'lastStatus' | 'lastError'>

/** A delivery that has failed more often no longer holds back the later ones of its room. */
export const MAX_HOLDING_TRIES = 5
/** So many are encoded in a few milliseconds. */
const ADDED_AT_ONCE = 50
/** As long as the stream keeps events. */
const KEPT_SECONDS = 7 * 24 * 60 * 60

export type DeliveryModel = Model<DeliveryDoc>

export async function openDeliveryStore(connection: Connection) {
  const model = modelOf<DeliveryDoc>(
    connection,
    'deliveries',
    [{ webhookId: 1, nextAt: 1, order: 1, roomId: 1 }],
    [{ webhookId: 1, state: 1, order: 1 }],
    [{ about: 1, _id: 1 }],
    [{ createdAt: 1 }, { expireAfterSeconds: KEPT_SECONDS }],
  )
  await model.createIndexes()
  return new DeliveryStore(model)
}

const deliveryKey = (webhookId: string, eventId: string) => `${webhookId}:${eventId}`

export const newDelivery = (
  webhookId: string,
  event: WebhookEvent,
  order: number,
  now: Date,
): DeliveryDoc => ({
  ...event,
  _id: deliveryKey(webhookId, event.eventId),
  webhookId,
  state: 'WAITING',
  order,
  tries: 0,
  since: now,
  replayedAt: null,
  nextAt: now,
  lastTriedAt: null,
  lastStatus: null,
  lastError: null,
  createdAt: now,
})

/** Deliveries as the dispatcher and the log see them. */
export class DeliveryStore {
  readonly model: DeliveryModel

  constructor(model: DeliveryModel) {
    this.model = model
  }

  async add(docs: DeliveryDoc[]) {
    for (const chunk of chunksOf(docs, ADDED_AT_ONCE)) await insertMissing(this.model, chunk)
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

  /** Rooms whose first delivery waits for its next try, and when that is. */
  async heldRooms(webhookId: string): Promise<Map<string, Date>> {
    const waiting = { webhookId, nextAt: { $gt: new Date() }, tries: { $gte: 1, $lte: MAX_HOLDING_TRIES } }
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
