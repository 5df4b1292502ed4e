import { randomBytes } from 'node:crypto'
import { type Connection, isDuplicate, type Part } from '@chat/service'
import mongoose from 'mongoose'
import type { ExportFormat } from './formats.ts'

/** A piece of the file, and the seqs whose messages are in it, both inclusive. */
export type ExportPart = Part & { from: number; to: number }

export type ExportDoc = {
  _id: string
  /** Empty where a platform asked. */
  userId: string
  roomId: string
  format: ExportFormat
  email: string | null
  from: Date | null
  to: Date | null
  state: 'waiting' | 'running' | 'ready' | 'failed'
  /** The room's last seq when it was asked for: nothing that was said later is in it. */
  lastSeq: number
  /** The first seq that may be in it; known once it is running. */
  firstSeq: number
  /** The last seq that was looked at. */
  seenSeq: number
  /** Of messages that were gone by this change of the room there is nothing in the parts. */
  lastChange: number
  /** Where its object lies, S3's name for the upload of it, and what was uploaded. */
  path: string
  uploadId: string | null
  parts: ExportPart[]
  /** Nobody is to be told any more where it is. */
  isTold: boolean
  tries: number
  /** When somebody has to see to it: at once, or when they who do are dead, or when it is to be removed. */
  dueAt: Date
  /** Who sees to it now. */
  claim: string | null
  expiresAt: Date
  createdAt: Date
}
type Slot = { _id: string; exportId: string; createdAt: Date }

/** Who has not renewed their claim for so long is dead. */
const LEASE_MS = 10_000
export const RENEW_MS = 3_000
const DAY_MS = 24 * 60 * 60 * 1000

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const exportSchema = new Schema<ExportDoc>(
  {
    _id: String,
    userId: String,
    roomId: required(String),
    format: required(String),
    email: String,
    from: Date,
    to: Date,
    state: required(String),
    lastSeq: required(Number),
    firstSeq: required(Number),
    seenSeq: required(Number),
    lastChange: required(Number),
    path: required(String),
    uploadId: String,
    parts: required(Schema.Types.Mixed),
    isTold: required(Boolean),
    tries: required(Number),
    dueAt: required(Date),
    claim: String,
    expiresAt: required(Date),
    createdAt: required(Date),
  },
  { versionKey: false },
)
exportSchema.index({ dueAt: 1 })
exportSchema.index({ userId: 1, _id: -1 })
exportSchema.index({ roomId: 1 })
const slotSchema = new Schema<Slot>(
  { _id: String, exportId: required(String), createdAt: required(Date) },
  { versionKey: false },
)

type Asked = Pick<ExportDoc, 'userId' | 'roomId' | 'format' | 'email' | 'from' | 'to' | 'lastSeq'>

/** One that nobody has begun. Its id sorts by time, and nobody can guess it. */
export function newExport(asked: Asked): ExportDoc {
  const createdAt = new Date()
  const id = `${createdAt.getTime().toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}`
  return {
    _id: id,
    ...asked,
    ...{ state: 'waiting', firstSeq: 1, seenSeq: 0, lastChange: 0 },
    ...{ path: `exports/${randomBytes(16).toString('hex')}`, uploadId: null, parts: [] },
    ...{ isTold: false, tries: 0, dueAt: createdAt, claim: null },
    ...{ expiresAt: inADay(createdAt), createdAt },
  }
}
export const inADay = (from = new Date()) => new Date(from.getTime() + DAY_MS)

export const isExpired = ({ expiresAt }: ExportDoc) => expiresAt.getTime() <= Date.now()
export const isOver = ({ state }: ExportDoc) => state === 'ready' || state === 'failed'

/**
 * Exports, as their askers and those who work on them know them. They are a queue too: whoever finds one due claims it,
 * and changes it only while the claim is theirs.
 */
export async function openExports(connection: Connection) {
  const model = connection.model<ExportDoc>('Export', exportSchema, 'exports')
  const slots = connection.model<Slot>('ExportSlot', slotSchema, 'exportSlots')
  await model.createIndexes()
  await slots.createIndexes()
  const leased = () => new Date(Date.now() + LEASE_MS)
  const own = ({ _id, claim }: ExportDoc) => ({ _id, claim })

  return {
    /**
     * Gives the user's one slot to an export.
     * @returns null, or who holds it; it is held until it is freed
     */
    async takeSlot(userId: string, exportId: string): Promise<Slot | null> {
      try {
        await slots.create({ _id: userId, exportId, createdAt: new Date() })
        return null
      } catch (error) {
        if (!isDuplicate(error)) throw error
        return (await slots.findById(userId).lean<Slot>()) ?? this.takeSlot(userId, exportId)
      }
    },
    async freeSlot(userId: string, exportId: string) {
      await slots.deleteOne({ _id: userId, exportId })
    },

    /** Whatever holds it. */
    async dropSlot(userId: string) {
      await slots.deleteOne({ _id: userId })
    },

    async insert(doc: ExportDoc) {
      await model.collection.insertOne(doc as never)
    },

    find: (id: string): Promise<ExportDoc | null> => model.findById(id).lean<ExportDoc>(),

    /** A user's own, or all of them, newest first. */
    list: (userId: string | null, before: string | undefined, limit: number): Promise<ExportDoc[]> =>
      model
        .find({ ...(userId !== null && { userId }), ...(before !== undefined && { _id: { $lt: before } }) })
        .sort({ _id: -1 })
        .limit(limit)
        .lean<ExportDoc[]>(),

    /** Those of a user that are not over. */
    countOpen: (userId: string): Promise<number> =>
      model.countDocuments({ userId, state: { $in: ['waiting', 'running'] } }),

    ofMembers: (roomId: string, userIds: string[]): Promise<ExportDoc[]> =>
      model.find({ roomId, userId: { $in: userIds } }).lean<ExportDoc[]>(),

    ofRoom: (roomId: string): Promise<ExportDoc[]> => model.find({ roomId }).lean<ExportDoc[]>(),

    ofUser: (userId: string): Promise<ExportDoc[]> => model.find({ userId }).lean<ExportDoc[]>(),

    /** One that has been due the longest, for `claim` alone. */
    claimDue: (claim: string): Promise<ExportDoc | null> =>
      model
        .findOneAndUpdate(
          { dueAt: { $lte: new Date() } },
          { $set: { claim, dueAt: leased() } },
          { sort: { dueAt: 1 }, returnDocument: 'after' },
        )
        .lean<ExportDoc>(),

    async renew(doc: ExportDoc, seenSeq: number) {
      await model.updateOne(own(doc), { $set: { dueAt: leased() }, $max: { seenSeq } })
    },

    /** @returns it as it then is; null where the claim is lost, or it is gone */
    update: (doc: ExportDoc, change: Partial<ExportDoc>): Promise<ExportDoc | null> =>
      model.findOneAndUpdate(own(doc), { $set: change }, { returnDocument: 'after' }).lean<ExportDoc>(),

    /** Takes them from whoever works on them: they are due to be removed. */
    async end(docs: ExportDoc[]) {
      const now = new Date()
      const ids = docs.map(({ _id }) => _id)
      await model.updateMany({ _id: { $in: ids } }, { $set: { claim: null, expiresAt: now, dueAt: now } })
    },

    /** Takes one from whoever works on it: it is written anew from then on. @returns it as it was */
    restart: (id: string, dueAt: Date): Promise<ExportDoc | null> =>
      model
        .findOneAndUpdate(
          { _id: id, state: { $ne: 'failed' } },
          { $set: { state: 'waiting', uploadId: null, parts: [], claim: null, dueAt } },
          { returnDocument: 'before' },
        )
        .lean<ExportDoc>(),

    async forget({ _id, userId }: ExportDoc) {
      await model.deleteOne({ _id })
      await this.freeSlot(userId, _id)
    },
  }
}
export type ExportStore = Awaited<ReturnType<typeof openExports>>
