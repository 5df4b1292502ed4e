import { createHash } from 'node:crypto'
import type { File } from '@chat/contract'
import {
  type Connection,
  type Index,
  insertMissing,
  type Job,
  JobStore,
  jobIndexes,
  LeaseLost,
  type Metrics,
  modelOf,
  type Part,
} from '@chat/service'
import type { Model } from 'mongoose'
import type { Kind } from './file-type.ts'

/** `way`: how a file comes, in chunks over the socket or in parts straight to S3. */
type UploadName = { way: 'chunks' | 'parts'; owner: string; roomId: string; syncKey: string }

/** Job fields: `claim` belongs to the instance that completes or removes the upload; at `dueAt` it may be removed. */
export type UploadDoc = Job &
  UploadName & {
    _id: string
    /** Distinguishes it from earlier and later uploads with the same name. */
    id: string
    type: Kind
    name: string
    /** In bytes, as announced. */
    size: number
    path: string
    mediaType: string
    /** `ended`: to be removed. */
    state: 'open' | 'done' | 'ended'
    s3Id: string | null
    parts: Part[]
    /** The number of chunks, and of their bytes, that are in parts. */
    moved: { slices: number; bytes: number }
    /** The message's content, once the object is complete. */
    file: File | null
    /** Until when it counts against its owner's limit. */
    openUntil: Date
    touchedAt: Date
    createdAt: Date
  }

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** How long an upload is kept after it was last touched, by its state. */
const KEPT_MS = { open: 24 * HOUR_MS, done: HOUR_MS, ended: MINUTE_MS } as const
/** Short, because the sender of a file waits when the instance that completes it dies. */
const LEASE_MS = 5_000

export const uploadKey = ({ way, owner, roomId, syncKey }: UploadName) =>
  createHash('sha256')
    .update(JSON.stringify([way, owner, roomId, syncKey]))
    .digest('base64url')

export const removableAt = ({ state, touchedAt }: Pick<UploadDoc, 'state' | 'touchedAt'>) =>
  new Date(touchedAt.getTime() + KEPT_MS[state])

const closedAs = (state: 'done' | 'ended') => {
  const touchedAt = new Date()
  return { state, touchedAt, openUntil: new Date(0), dueAt: removableAt({ state, touchedAt }) }
}

const one = ({ _id, id }: UploadDoc) => ({ _id, id })

/** Another instance has taken the upload over, or it is gone. */
const ignoreLost = (error: unknown) => {
  if (!(error instanceof LeaseLost)) throw error
}

export class UploadStore {
  readonly jobs: JobStore<UploadDoc>
  private readonly model: Model<UploadDoc>

  constructor(connection: Connection, metrics: Metrics) {
    const indexes: Index[] = [[{ owner: 1, openUntil: 1 }], [{ roomId: 1 }], ...jobIndexes]
    this.model = modelOf(connection, 'uploads', ...indexes)
    this.jobs = new JobStore({ kind: 'upload', model: this.model, metrics, leaseMs: LEASE_MS })
  }

  find = (key: string): Promise<UploadDoc | null> => this.model.findById(key).lean<UploadDoc>()
  ofOwner = (owner: string): Promise<UploadDoc[]> => this.model.find({ owner }).lean<UploadDoc[]>()
  ofRoom = (roomId: string): Promise<UploadDoc[]> => this.model.find({ roomId }).lean<UploadDoc[]>()

  /** @returns false where there is one with that name */
  async insert(upload: UploadDoc): Promise<boolean> {
    return (await insertMissing(this.model, [upload])).length === 0
  }

  countOpen(owner: string): Promise<number> {
    return this.model.countDocuments({ owner, openUntil: { $gt: new Date() } })
  }

  /** Postpones its removal. @returns null where it is closed or gone */
  touch(upload: UploadDoc, openUntil: Date): Promise<UploadDoc | null> {
    return this.change({ ...one(upload), state: 'open' }, { $set: { touchedAt: new Date(), openUntil } })
  }

  /** Sets the id of its multipart upload, unless it has one. @returns it as it then is, null where it is gone */
  async setS3Id(upload: UploadDoc, s3Id: string): Promise<UploadDoc | null> {
    return this.changeOrRead(upload, { s3Id: null }, { $set: { s3Id } })
  }

  /** Adds a part, unless another instance has added the same. @returns it as it then is, null where it is gone */
  async addPart(upload: UploadDoc, moved: UploadDoc['moved'], part: Part): Promise<UploadDoc | null> {
    const change = { $set: { moved, touchedAt: new Date() }, $push: { parts: part } }
    return this.changeOrRead(upload, { 'moved.slices': upload.moved.slices }, change)
  }

  async setFile(upload: UploadDoc, file: File) {
    await this.model.updateOne(one(upload), { $set: { file, touchedAt: new Date() } })
  }

  async release(upload: UploadDoc) {
    await this.jobs.release(upload, { dueAt: removableAt(upload) }).catch(ignoreLost)
  }

  async finish(upload: UploadDoc) {
    await this.jobs.reschedule(upload, closedAs('done')).catch(ignoreLost)
  }

  /** Ends an open upload, claimed or not. @returns null where it is closed, or claimed anew since it was read */
  end(upload: UploadDoc): Promise<UploadDoc | null> {
    const owned = upload.claim === null ? {} : { claim: upload.claim }
    const change = { $set: { ...closedAs('ended'), claim: null } }
    return this.change({ ...one(upload), state: 'open', ...owned }, change)
  }

  /** Ends an open upload. @returns null where it was touched or claimed since it was read */
  endUntouched(upload: UploadDoc): Promise<UploadDoc | null> {
    const { touchedAt, claim } = upload
    return this.change({ ...one(upload), state: 'open', touchedAt, claim }, { $set: closedAs('ended') })
  }

  async remove(upload: UploadDoc) {
    await this.model.deleteOne(one(upload))
  }

  /** Uploads of versions before 2026-12 have no job fields. Their `claim`, if any, is taken over. */
  async scheduleOld() {
    await this.model.updateMany({ dueAt: null }, { $set: { dueAt: new Date(), tries: 0 } })
  }

  private change(filter: object, change: object): Promise<UploadDoc | null> {
    return this.model.findOneAndUpdate(filter, change, { returnDocument: 'after' }).lean<UploadDoc>()
  }

  private async changeOrRead(upload: UploadDoc, filter: object, change: object): Promise<UploadDoc | null> {
    const changed = await this.change({ ...one(upload), ...filter }, change)
    return changed ?? this.model.findOne(one(upload)).lean<UploadDoc>()
  }
}
