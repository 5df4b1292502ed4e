import type { Webhook, WebhookType } from '@chat/contract'
import type { Connection } from '@chat/service'
import mongoose from 'mongoose'
import type { Secret } from './delivery/signature.ts'

export type Reason = NonNullable<Webhook['disabledBecause']>
export type WebhookDoc = {
  _id: string
  url: string
  /** Empty where everything is wanted. */
  events: WebhookType[]
  description: string | null
  secrets: Secret[]
  disabledBecause: Reason | null
  /** What is older, by the stream's clock, is not told. */
  hearsFrom: Date
  /** How often in a row nothing got there, and since when. */
  failures: number
  failingSince: Date | null
  /** When something is due; absent where nothing is known to be. */
  dueAt?: Date
  /** Before that nobody works for it: somebody else does, or the receiver is left alone. */
  freeAt: Date
  /** Who works for it; where they die it is free again. */
  claim: string | null
  createdAt: Date
  updatedAt: Date
}
export type EndpointHealth = Pick<WebhookDoc, 'failures' | 'failingSince'>

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const schema = new Schema<WebhookDoc>(
  {
    ...{ _id: String, url: required(String), events: [String] },
    description: { type: String, default: null },
    secrets: [Schema.Types.Mixed],
    disabledBecause: { type: String, default: null },
    hearsFrom: required(Date),
    failures: { type: Number, default: 0 },
    failingSince: { type: Date, default: null },
    dueAt: Date,
    freeAt: required(Date),
    claim: { type: String, default: null },
    ...{ createdAt: required(Date), updatedAt: required(Date) },
  },
  { versionKey: false },
)
schema.index({ disabledBecause: 1, freeAt: 1 })

const LONG_AGO = new Date(0)
const all = { _id: { $gt: '' } }

/** Where events go, and who sees to it that they do. */
export async function openWebhookStore(connection: Connection) {
  const model = connection.model<WebhookDoc>('Webhook', schema, 'webhooks')
  await model.createIndexes()
  return {
    insert: async (
      fields: Pick<WebhookDoc, 'url' | 'events' | 'description' | 'secrets' | 'hearsFrom'>,
    ): Promise<WebhookDoc> => {
      const now = new Date()
      const state = { disabledBecause: null, failures: 0, failingSince: null, freeAt: LONG_AGO, claim: null }
      const _id = new mongoose.Types.ObjectId().toHexString()
      const doc = { _id, ...fields, ...state, createdAt: now, updatedAt: now }
      await model.collection.insertOne(doc as never)
      return doc
    },
    get: (_id: string): Promise<WebhookDoc | null> => model.findById(_id).lean(),
    count: () => model.countDocuments(all),
    /** In the order in which they were made, which their ids tell. */
    list: (after: string, limit: number): Promise<WebhookDoc[]> =>
      model
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .lean(),
    /** There are few. */
    enabled: (): Promise<WebhookDoc[]> => model.find({ disabledBecause: null }).lean(),

    change: (_id: string, fields: Partial<WebhookDoc>): Promise<WebhookDoc | null> =>
      model
        .findByIdAndUpdate(_id, { $set: { ...fields, updatedAt: new Date() } }, { returnDocument: 'after' })
        .lean(),
    /** For one that is disabled; what happens while it is enabled is owed to it. */
    async hearFrom(_id: string, hearsFrom: Date) {
      await model.updateOne({ _id, disabledBecause: { $ne: null } }, { $set: { hearsFrom } })
    },
    /** The receiver need not be left alone any longer. */
    async free(_id: string) {
      await model.updateOne({ _id, claim: null }, { $set: { freeAt: LONG_AGO } })
    },
    /** @returns whether the newest one still was the one that is `replaced` */
    async rotate(_id: string, replaced: string, secrets: Secret[]): Promise<boolean> {
      const { matchedCount } = await model.updateOne(
        { _id, 'secrets.0.secret': replaced },
        { $set: { secrets, updatedAt: new Date() } },
      )
      return matchedCount > 0
    },
    delete: async (_id: string) => (await model.deleteOne({ _id })).deletedCount > 0,

    /** Something is due. @returns those that are not there any more */
    async wake(ids: string[]): Promise<string[]> {
      if (ids.length === 0) return []
      const some = { _id: { $in: ids } }
      const { matchedCount } = await model.updateMany(some, { $min: { dueAt: new Date() } })
      if (matchedCount === ids.length) return []
      const there = new Set((await model.find(some, { _id: 1 }).lean()).map(({ _id }) => _id))
      return ids.filter((id) => !there.has(id))
    },

    /** Those for which something is to be done and nobody does it. */
    async claimable(): Promise<string[]> {
      const now = new Date()
      // One that is claimed and free: whoever worked for it has died.
      const work = [{ dueAt: { $lte: now } }, { claim: { $ne: null } }]
      const found = await model
        .find({ disabledBecause: null, freeAt: { $lte: now }, $or: work }, { _id: 1 })
        .lean()
      return found.map(({ _id }) => _id)
    },

    /** @returns null where somebody else was faster */
    claim: (_id: string, claim: string, until: Date): Promise<WebhookDoc | null> =>
      model
        .findOneAndUpdate(
          { _id, freeAt: { $lte: new Date() }, disabledBecause: null },
          { $set: { claim, freeAt: until }, $unset: { dueAt: 1 } },
          { returnDocument: 'after' },
        )
        .lean(),

    async hold(_id: string, claim: string, until: Date) {
      await model.updateOne({ _id, claim }, { $set: { freeAt: until } })
    },

    /** It is left alone until then, unless it was changed since it was known like that. */
    async release(
      { _id, claim, updatedAt }: Pick<WebhookDoc, '_id' | 'claim' | 'updatedAt'>,
      { freeAt, dueAt }: { freeAt: Date; dueAt: Date | null },
    ) {
      const due = dueAt ? { $min: { dueAt } } : {}
      const unchanged = { _id, claim, updatedAt }
      const known = await model.updateOne(unchanged, { $set: { claim: null, freeAt }, ...due })
      if (known.matchedCount > 0) return
      await model.updateOne({ _id, claim }, { $set: { claim: null, freeAt: LONG_AGO }, ...due })
    },

    async setHealth(_id: string, health: EndpointHealth) {
      await model.updateOne({ _id }, { $set: health })
    },
  }
}
export type WebhookStore = Awaited<ReturnType<typeof openWebhookStore>>
