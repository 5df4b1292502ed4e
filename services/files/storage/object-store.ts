import { randomBytes } from 'node:crypto'
import type { Connection } from '@chat/service'
import mongoose from 'mongoose'

/** A stored file. Whether anybody refers to it is not known here. */
export type ObjectDoc = {
  /** Where it lies in the bucket; made here, and holds nothing from outside. */
  _id: string
  roomId: string
  owner: string
  /** In bytes. */
  size: number
  /** What its bytes are, not what its sender called them. */
  mediaType: string
  /** As its sender called it. */
  name: string
  /** Where its thumbnail or poster lies, if it has one. */
  thumbnail: string | null
  createdAt: Date
}
/** While nothing refers to it: when it is to be removed. Absent while something does. */
type StoredObject = ObjectDoc & { sweepAt?: Date }

/** Later than its upload is given up: no message can come any more. */
const UNUSED_AFTER_MS = 48 * 60 * 60 * 1000

/** What all thumbnails and posters are. */
export const THUMBNAIL_TYPE = 'image/webp'

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const objectSchema = new Schema<StoredObject>(
  {
    _id: String,
    roomId: required(String),
    owner: required(String),
    size: required(Number),
    mediaType: required(String),
    name: required(String),
    thumbnail: { type: String, default: null },
    createdAt: required(Date),
    sweepAt: Date,
  },
  { versionKey: false },
)
objectSchema.index({ sweepAt: 1 }, { sparse: true })
objectSchema.index({ owner: 1, _id: 1 })

/** A path that nobody can guess. */
export function newPath(): string {
  const id = randomBytes(16).toString('hex')
  return `${id.slice(0, 2)}/${id}`
}

const THUMBNAIL_END = '.thumb'
export const thumbnailPath = (path: string) => `${path}${THUMBNAIL_END}`
/** The file whose thumbnail lies there; null where no thumbnail does. */
export const pathOfThumbnail = (path: string) =>
  path.endsWith(THUMBNAIL_END) ? path.slice(0, -THUMBNAIL_END.length) : null

/** The files that are stored, each recorded before the first message refers to it. */
export async function openObjects(connection: Connection) {
  const model = connection.model<StoredObject>('Object', objectSchema, 'objects')
  await model.createIndexes()
  return {
    /** Changes nothing where it is recorded already. */
    async record(doc: ObjectDoc) {
      const sweepAt = new Date(doc.createdAt.getTime() + UNUSED_AFTER_MS)
      await model.updateOne({ _id: doc._id }, { $setOnInsert: { ...doc, sweepAt } }, { upsert: true })
    },
    /** The object's description; null where there is none. */
    find: (path: string): Promise<ObjectDoc | null> => model.findById(path).lean(),
    /** Something refers to them. */
    async keep(paths: string[]) {
      if (paths.length > 0) await model.updateMany({ _id: { $in: paths } }, { $unset: { sweepAt: 1 } })
    },
    /** Nothing refers to them (any more). */
    async release(paths: string[], sweepAt: Date) {
      if (paths.length > 0) await model.updateMany({ _id: { $in: paths } }, { $min: { sweepAt } })
    },
    /** Some that were to be removed by then, the longest due first. */
    async due(by: Date, limit: number): Promise<string[]> {
      const docs = await model
        .find({ sweepAt: { $lte: by } }, { _id: 1 })
        .sort({ sweepAt: 1 })
        .limit(limit)
        .lean()
      return docs.map(({ _id }) => _id)
    },
    /** Some of somebody's, in the order of their paths. */
    ownedBy: (owner: string, after: string, limit: number): Promise<ObjectDoc[]> =>
      model
        .find({ owner, _id: { $gt: after } }, { sweepAt: 0 })
        .sort({ _id: 1 })
        .limit(limit)
        .lean(),
    /** Those that are still there belong to nobody whom one could name. */
    async disown(paths: string[], owner: string) {
      await model.updateMany({ _id: { $in: paths } }, { $set: { owner } })
    },
    async forget(path: string) {
      await model.deleteOne({ _id: path })
    },
    model,
  }
}
export type ObjectStore = Awaited<ReturnType<typeof openObjects>>
