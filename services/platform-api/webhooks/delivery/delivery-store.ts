import { emptied, type Message } from '@chat/contract'
import { type Connection, insertMissing } from '@chat/service'
import mongoose from 'mongoose'
import { aboutMessage, aboutQuote, aboutRoom, aboutUser, type Occurrence } from '../events/webhook-event.ts'

export type DeliveryState = 'WAITING' | 'DELIVERED' | 'FAILED'
/** An event on its way to a webhook, and how it went; `_id` is both of theirs. */
export type DeliveryDoc = Occurrence & {
  _id: string
  webhookId: string
  state: DeliveryState
  /** In the order in which things happened, as far as it is known here. */
  order: number
  tries: number
  /** Since when it is being tried. */
  since: Date
  /** When it was last asked for again; what was on its way by then does not count for it. */
  replayedAt: Date | null
  /** Absent where it is not tried any more. */
  nextAt?: Date
  lastTriedAt: Date | null
  lastStatus: number | null
  lastError: string | null
  createdAt: Date
}
export type DueDelivery = Pick<DeliveryDoc, '_id' | 'roomId'>
/** Without what is told. */
export type DeliverySummary = Omit<DeliveryDoc, 'data' | 'about'>
/** How a try ended. */
export type Tried = Pick<DeliveryDoc, 'lastTriedAt' | 'lastStatus' | 'lastError'>

/** As long as the stream keeps what it is made of. */
const KEPT_SECONDS = 7 * 24 * 60 * 60

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const schema = new Schema<DeliveryDoc>(
  {
    _id: String,
    ...{ webhookId: required(String), eventId: required(String), roomId: required(String) },
    ...{ type: required(String), at: required(String), data: required(Schema.Types.Mixed), about: [String] },
    ...{ state: required(String), order: required(Number), tries: required(Number), since: required(Date) },
    replayedAt: { type: Date, default: null },
    nextAt: Date,
    lastTriedAt: { type: Date, default: null },
    lastStatus: { type: Number, default: null },
    lastError: { type: String, default: null },
    createdAt: required(Date),
  },
  { versionKey: false, minimize: false },
)
schema.index({ webhookId: 1, nextAt: 1, order: 1, roomId: 1 })
schema.index({ webhookId: 1, state: 1, order: 1 })
schema.index({ about: 1, _id: 1 })
schema.index({ createdAt: 1 }, { expireAfterSeconds: KEPT_SECONDS })

export const deliveryKey = (webhookId: string, eventId: string) => `${webhookId}:${eventId}`

/** Deliveries: those that wait, and for some days those that are done. */
export async function openDeliveries(connection: Connection) {
  const model = connection.model<DeliveryDoc>('Delivery', schema, 'deliveries')
  await model.createIndexes()
  const waiting = (webhookId: string) => ({ webhookId, nextAt: { $lte: new Date() } })
  return {
    /** Those that are there already stay as they are. */
    async add(docs: DeliveryDoc[]) {
      if (docs.length > 0) await insertMissing(model, docs)
    },

    /** In the order in which they became due, and then of what has happened; not of those rooms. */
    due: (webhookId: string, notOf: string[], limit: number): Promise<DueDelivery[]> =>
      model
        .find({ ...waiting(webhookId), roomId: { $nin: notOf } }, { roomId: 1 })
        .sort({ nextAt: 1, order: 1 })
        .limit(limit)
        .lean(),

    /** By their `_id`, those that are there and due still. */
    async stillDue(ids: string[]): Promise<Map<string, DeliveryDoc>> {
      const found = await model.find({ _id: { $in: ids }, nextAt: { $lte: new Date() } }).lean()
      return new Map(found.map((delivery) => [delivery._id, delivery]))
    },

    /** When the next one is due; null where none waits. */
    async nextDue(webhookId: string): Promise<Date | null> {
      const anyTime = { webhookId, nextAt: { $gt: new Date(0) } }
      const next = await model.findOne(anyTime, { nextAt: 1 }).sort({ nextAt: 1, order: 1 }).lean()
      return next?.nextAt ?? null
    },

    /** What waits of a room waits on until then. */
    async hold(webhookId: string, roomId: string, until: Date) {
      await model.updateMany({ ...waiting(webhookId), roomId }, { $set: { nextAt: until } })
    },

    /** Rooms of which one waits for its next try, after so many at most, and until when. */
    async heldRooms(webhookId: string, mostTries: number): Promise<Map<string, Date>> {
      const later = { webhookId, nextAt: { $gt: new Date() } }
      const failed = await model
        .find({ ...later, tries: { $gte: 1, $lte: mostTries } }, { roomId: 1, nextAt: 1 })
        .sort({ nextAt: 1, order: 1 })
        .lean()
      return new Map(failed.map(({ roomId, nextAt }) => [roomId, nextAt as Date]))
    },

    /** Done, one way or the other; but for those that were asked for again meanwhile. */
    async finish(ids: string[], replayedAt: Date | null, state: DeliveryState, tried: Tried) {
      await model.updateMany(
        { _id: { $in: ids }, replayedAt },
        { $set: { state, ...tried }, $inc: { tries: 1 }, $unset: { nextAt: 1 } },
      )
    },

    /** @returns false where it was asked for again meanwhile: then it stays due */
    async postpone({ _id, replayedAt = null }: DeliveryDoc, nextAt: Date, tried: Tried): Promise<boolean> {
      const later = { $set: { nextAt, ...tried }, $inc: { tries: 1 } }
      return (await model.updateOne({ _id, replayedAt }, later)).matchedCount > 0
    },

    get: (webhookId: string, eventId: string): Promise<DeliveryDoc | null> =>
      model.findById(deliveryKey(webhookId, eventId)).lean(),

    /** Newest first, of one state. */
    list: (
      webhookId: string,
      state: DeliveryState,
      before: number,
      limit: number,
    ): Promise<DeliverySummary[]> =>
      model
        .find({ webhookId, state, order: { $lt: before } }, { data: 0, about: 0 })
        .sort({ order: -1 })
        .limit(limit)
        .lean(),

    /** As if it had never been tried. @returns null where there is none */
    replay: (webhookId: string, eventId: string): Promise<DeliveryDoc | null> => {
      const now = new Date()
      const anew = { state: 'WAITING', tries: 0, since: now, replayedAt: now, nextAt: now } as const
      return model
        .findByIdAndUpdate(deliveryKey(webhookId, eventId), { $set: anew }, { returnDocument: 'after' })
        .lean()
    },

    async deleteWebhook(webhookId: string) {
      await model.deleteMany({ webhookId })
    },

    /** A room is gone: of it nothing is told any more but that. */
    async deleteRooms(roomIds: string[]) {
      if (roomIds.length === 0) return
      await model.deleteMany({ about: { $in: roomIds.map(aboutRoom) }, type: { $ne: 'room.deleted' } })
    },

    /** Messages are gone: what is kept of them, and quotes them, says nothing any more. */
    async empty(messages: Message[]) {
      for (const message of messages) {
        const { data, replyTo, mentions, meta } = emptied(message)
        const nothing = Object.entries({ data, replyTo, mentions, meta }).map(
          ([field, value]) => [`data.message.${field}`, value] as const,
        )
        // One that was hidden may be shown again by now.
        const before = { 'data.message.updatedAt': { $lte: message.updatedAt } }
        const own = { about: aboutMessage(message._id), ...before }
        await model.updateMany(own, { $set: Object.fromEntries(nothing) })
        const quoting = { about: aboutQuote(message._id) }
        await model.updateMany(
          { ...quoting, 'data.message.replyTo.messageId': message._id },
          { $set: { 'data.message.replyTo.text': '' } },
        )
        await model.updateMany(
          { ...quoting, 'data.room.announcement.messageId': message._id },
          { $set: { 'data.room.announcement': null } },
        )
      }
    },

    /** What speaks of somebody, in the order of the ids. */
    naming: (userId: string, after: string, limit: number): Promise<DeliveryDoc[]> =>
      model
        .find({ about: aboutUser(userId), _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .lean(),

    /** What quotes these messages, or announces one. */
    quoting: (messageIds: string[]): Promise<DeliveryDoc[]> =>
      model.find({ about: { $in: messageIds.map(aboutQuote) } }).lean(),

    /** It speaks of that person no more; `data` null: it goes. */
    async forget({ _id }: DeliveryDoc, data: object | null, userId: string) {
      if (data === null) await model.deleteOne({ _id })
      else await model.updateOne({ _id }, { $set: { data }, $pull: { about: aboutUser(userId) } })
    },
  }
}
export type DeliveryStore = Awaited<ReturnType<typeof openDeliveries>>

export const newDelivery = (
  webhookId: string,
  occurrence: Occurrence,
  order: number,
  now: Date,
): DeliveryDoc => ({
  ...occurrence,
  _id: deliveryKey(webhookId, occurrence.eventId),
  webhookId,
  ...{ state: 'WAITING', order, tries: 0, since: now, replayedAt: null, nextAt: now },
  ...{ lastTriedAt: null, lastStatus: null, lastError: null, createdAt: now },
})
