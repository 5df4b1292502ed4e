import type { Webhook, WebhookType } from '@chat/contract'
import { type Connection, type Job, JobStore, jobIndexes, type Metrics, modelOf, newJob } from '@chat/service'
import mongoose, { type Model } from 'mongoose'
import type { Secret } from './delivery/signature.ts'

export type DisabledReason = NonNullable<Webhook['disabledBecause']>
/** A webhook is a job that never ends: it is due when one of its deliveries is. */
export type WebhookDoc = Job & {
  url: string
  /** Empty: all of them. */
  events: WebhookType[]
  description: string | null
  /** The current one first. */
  secrets: Secret[]
  disabledBecause: DisabledReason | null
  /** Events that the stream stored before are not for this webhook. */
  hearsFrom: Date
  /** Pauses in a row, and the time of the first failure since the last success. */
  failures: number
  failingSince: Date | null
  /** The end of a pause: no delivery is sent before. */
  freeAt: Date
  createdAt: Date
  updatedAt: Date
}
type NewWebhook = Pick<WebhookDoc, 'url' | 'events' | 'description' | 'secrets' | 'hearsFrom'>

export const MAX_WEBHOOKS = 100
/** As `freeAt`: not paused. */
export const LONG_AGO = new Date(0)

export async function openWebhookStore(connection: Connection, metrics: Metrics, leaseMs: number) {
  const index = { disabledBecause: 1, freeAt: 1 } as const
  const model = modelOf<WebhookDoc>(connection, 'webhooks', ...jobIndexes, [index])
  await model.createIndexes()
  // Versions before the job library set dueAt only while something was due, and no tries.
  await model.updateMany({ dueAt: null }, { $set: { dueAt: new Date(), tries: 0 } })
  return new WebhookStore(model, metrics, leaseMs)
}

export class WebhookStore {
  readonly jobs: JobStore<WebhookDoc>
  private readonly model: Model<WebhookDoc>

  constructor(model: Model<WebhookDoc>, metrics: Metrics, leaseMs: number) {
    this.model = model
    const claimable = () => ({ disabledBecause: null, freeAt: { $lte: new Date() } })
    this.jobs = new JobStore<WebhookDoc>({ kind: 'webhook', model, metrics, leaseMs, claimable })
  }

  async insert(fields: NewWebhook): Promise<WebhookDoc> {
    const now = new Date()
    const doc: WebhookDoc = {
      _id: new mongoose.Types.ObjectId().toHexString(),
      ...newJob(now),
      ...fields,
      disabledBecause: null,
      failures: 0,
      failingSince: null,
      freeAt: LONG_AGO,
      createdAt: now,
      updatedAt: now,
    }
    await this.model.collection.insertOne(doc as never)
    return doc
  }

  get = (_id: string): Promise<WebhookDoc | null> => this.model.findById(_id).lean()
  count = (): Promise<number> => this.model.countDocuments()
  enabled = (): Promise<WebhookDoc[]> => this.model.find({ disabledBecause: null }).lean()
  delete = async (_id: string) => (await this.model.deleteOne({ _id })).deletedCount > 0

  /** Oldest first: ids ascend with time. */
  list = (after: string, limit: number): Promise<WebhookDoc[]> =>
    this.model.find({ _id: { $gt: after } }, null, { sort: { _id: 1 }, limit }).lean()

  update(_id: string, fields: Partial<WebhookDoc>): Promise<WebhookDoc | null> {
    const change = { $set: { ...fields, updatedAt: new Date() } }
    return this.model.findByIdAndUpdate(_id, change, { returnDocument: 'after' }).lean()
  }

  /** Skips the events up to then, for a webhook that is disabled. Those since it was enabled are owed to it. */
  async hearFrom(_id: string, hearsFrom: Date) {
    await this.model.updateOne({ _id, disabledBecause: { $ne: null } }, { $set: { hearsFrom } })
  }

  /** @returns false where `replaced` is no longer the current secret */
  async rotate(_id: string, replaced: string, secrets: Secret[]): Promise<boolean> {
    const change = { $set: { secrets, updatedAt: new Date() } }
    return (await this.model.updateOne({ _id, 'secrets.0.secret': replaced }, change)).matchedCount > 0
  }

  /** Makes webhooks due, except claimed ones: their dueAt is the end of the lease. @returns the ids that do not exist */
  async makeDue(ids: string[]): Promise<string[]> {
    if (ids.length === 0) return []
    const _id = { $in: ids }
    // Versions before the job library leave claimed ones without dueAt.
    const unclaimed = { _id, $or: [{ claim: null }, { dueAt: null }] }
    await this.model.updateMany(unclaimed, { $min: { dueAt: new Date() } })
    const existing = await this.model.find({ _id }, { _id: 1 }).lean()
    return ids.filter((id) => !existing.some(({ _id }) => _id === id))
  }

  /** Stops deliveries until then, unless the webhook was updated since it was read. */
  async pause({ _id, claim, updatedAt }: WebhookDoc, until: Date) {
    await this.model.updateOne({ _id, claim, updatedAt }, { $set: { freeAt: until } })
  }

  async setHealth(_id: string, failures: number, failingSince: Date | null) {
    await this.model.updateOne({ _id }, { $set: { failures, failingSince } })
  }
}
