import { createHash } from 'node:crypto'
import type { File } from '@chat/contract'
import { type Connection, isDuplicate, type Part } from '@chat/service'
import mongoose from 'mongoose'
import type { Kind } from './admission.ts'

/** How a file comes: chunk by chunk over the socket, or straight to S3. */
export type Way = 'chunks' | 'parts'
export type UploadName = { way: Way; owner: string; roomId: string; syncKey: string }

export type UploadDoc = UploadName & {
  /** Its name, so that whoever begins it twice begins one. */
  _id: string
  /** Told from another one of the same name, before or after. */
  id: string
  type: Kind
  name: string
  /** Of the whole file, in bytes, as its sender says. */
  size: number
  /** Where its object will lie, and what it seems to be. */
  path: string
  mediaType: string
  /** `ended`: to be cleared away. */
  state: 'open' | 'done' | 'ended'
  /** S3's name for an upload in parts, once there is one. */
  s3Id: string | null
  parts: Part[]
  /** How many chunks, and bytes in them, went into parts. */
  moved: { slices: number; bytes: number }
  /** What its message will say, once the object is complete. */
  file: File | null
  /** Who makes a message of it; after that time they are taken for dead. */
  claim: { by: string; until: Date } | null
  /** Until then it counts as one of its owner's open ones. */
  openUntil: Date
  touchedAt: Date
  createdAt: Date
}

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const uploadSchema = new Schema<UploadDoc>(
  {
    _id: String,
    id: required(String),
    way: required(String),
    owner: required(String),
    roomId: required(String),
    syncKey: required(String),
    type: required(String),
    name: required(String),
    size: required(Number),
    path: required(String),
    mediaType: required(String),
    state: required(String),
    s3Id: { type: String, default: null },
    parts: required(Schema.Types.Mixed),
    moved: required(Schema.Types.Mixed),
    file: { type: Schema.Types.Mixed, default: null },
    claim: { type: Schema.Types.Mixed, default: null },
    openUntil: required(Date),
    touchedAt: required(Date),
    createdAt: required(Date),
  },
  { versionKey: false, id: false },
)
uploadSchema.index({ owner: 1, openUntil: 1 })
uploadSchema.index({ state: 1, touchedAt: 1 })
uploadSchema.index({ roomId: 1 })

/** Short whatever is in it. */
export const uploadKey = ({ way, owner, roomId, syncKey }: UploadName) =>
  createHash('sha256')
    .update(JSON.stringify([way, owner, roomId, syncKey]))
    .digest('base64url')

const closed = (state: 'done' | 'ended') => ({ state, openUntil: new Date(0) })

/** Uploads under way, where any instance finds them. Each change names the upload it was made for. */
export async function openUploads(connection: Connection) {
  const model = connection.model<UploadDoc>('Upload', uploadSchema, 'uploads')
  await model.createIndexes()
  const one = ({ _id, id }: UploadDoc) => ({ _id, id })
  const changed = (filter: object, change: object) =>
    model.findOneAndUpdate(filter, change, { returnDocument: 'after' }).lean<UploadDoc>()

  return {
    find: (key: string): Promise<UploadDoc | null> => model.findById(key).lean<UploadDoc>(),

    /** @returns false where there is one of that name */
    async insert(upload: UploadDoc): Promise<boolean> {
      try {
        await model.create(upload)
        return true
      } catch (error) {
        if (isDuplicate(error)) return false
        throw error
      }
    },

    ofOwner: (owner: string): Promise<UploadDoc[]> => model.find({ owner }).lean<UploadDoc[]>(),
    ofRoom: (roomId: string): Promise<UploadDoc[]> => model.find({ roomId }).lean<UploadDoc[]>(),

    /** How many count against their owner's limit now. */
    countOpen: (owner: string): Promise<number> =>
      model.countDocuments({ owner, openUntil: { $gt: new Date() } }),

    /** Shows that somebody goes on with it. Null where it is gone, as from the following ones. */
    touch: (upload: UploadDoc, openUntil: Date) =>
      changed({ ...one(upload), state: 'open' }, { $set: { touchedAt: new Date(), openUntil } }),

    /** Gives it S3's name; the first one stays. */
    async begun(upload: UploadDoc, s3Id: string) {
      return (
        (await changed({ ...one(upload), s3Id: null }, { $set: { s3Id } })) ??
        (await model.findOne(one(upload)).lean<UploadDoc>())
      )
    },

    /** Notes a part, unless another instance has: then that one's note is returned, which says the same. */
    async moved(upload: UploadDoc, moved: UploadDoc['moved'], part: Part) {
      const before = { ...one(upload), 'moved.slices': upload.moved.slices }
      return (
        (await changed(before, { $set: { moved, touchedAt: new Date() }, $push: { parts: part } })) ??
        (await model.findOne(one(upload)).lean<UploadDoc>())
      )
    },

    async described(upload: UploadDoc, file: File) {
      await model.updateOne(one(upload), { $set: { file, touchedAt: new Date() } })
    },

    /** Claims one that is open for somebody, or for longer. Null where another one has it. */
    claim: (upload: UploadDoc, by: string, ms: number) =>
      changed(
        {
          ...one(upload),
          state: 'open',
          $or: [{ claim: null }, { 'claim.by': by }, { 'claim.until': { $lt: new Date() } }],
        },
        { $set: { claim: { by, until: new Date(Date.now() + ms) }, touchedAt: new Date() } },
      ),

    async release(upload: UploadDoc, by: string) {
      await model.updateOne({ ...one(upload), 'claim.by': by }, { $set: { claim: null } })
    },

    /** One that is open, and that nobody else has claimed since. @returns it as it then is; null where it was not */
    close: (upload: UploadDoc, state: 'done' | 'ended') =>
      changed(
        { ...one(upload), state: 'open', ...(upload.claim && { 'claim.by': upload.claim.by }) },
        { $set: { ...closed(state), touchedAt: new Date() } },
      ),

    /** Ends one, unless somebody has gone on with it since it was read. Null where somebody has. */
    endUntouched: (upload: UploadDoc) =>
      changed(
        { ...one(upload), state: 'open', touchedAt: upload.touchedAt },
        { $set: { ...closed('ended'), touchedAt: new Date() } },
      ),

    async remove(upload: UploadDoc) {
      await model.deleteOne(one(upload))
    },

    /** Some that nobody has gone on with since then, oldest first. */
    untouchedSince: (state: UploadDoc['state'], since: Date, limit: number): Promise<UploadDoc[]> =>
      model
        .find({ state, touchedAt: { $lt: since } })
        .sort({ touchedAt: 1 })
        .limit(limit)
        .lean<UploadDoc[]>(),
  }
}
export type UploadStore = Awaited<ReturnType<typeof openUploads>>
