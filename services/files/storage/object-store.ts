import { randomBytes } from 'node:crypto'
import { type Connection, type Index, modelOf } from '@chat/service'

type ObjectDoc = {
  /** Its path in the bucket, made by `newPath`. */
  _id: string
  roomId: string
  owner: string
  /** In bytes. */
  size: number
  mediaType: string
  name: string
  thumbnail: string | null
  createdAt: Date
}
/** `sweepAt`: when it may be removed; absent while a message refers to it. */
type StoredObject = ObjectDoc & { sweepAt?: Date }

/** Longer than an upload lives: by then no message can come. */
const UNUSED_MS = 48 * 60 * 60 * 1000

export const THUMBNAIL_TYPE = 'image/webp'

export function newPath(): string {
  const id = randomBytes(16).toString('hex')
  return `${id.slice(0, 2)}/${id}`
}

const THUMBNAIL_END = '.thumb'
export const thumbnailPath = (path: string) => `${path}${THUMBNAIL_END}`
/** The path of the file that a thumbnail belongs to; null where `path` is no thumbnail's. */
export const pathOfThumbnail = (path: string) =>
  path.endsWith(THUMBNAIL_END) ? path.slice(0, -THUMBNAIL_END.length) : null

/** The stored files. A file is recorded before a message refers to it. */
export function openObjects(connection: Connection) {
  const bySweep: Index = [{ sweepAt: 1 }, { sparse: true }]
  const model = modelOf<StoredObject>(connection, 'objects', bySweep, [{ owner: 1, _id: 1 }])
  return {
    model,
    /** Changes nothing where the path is recorded already. */
    async record(doc: ObjectDoc) {
      const sweepAt = new Date(doc.createdAt.getTime() + UNUSED_MS)
      await model.updateOne({ _id: doc._id }, { $setOnInsert: { ...doc, sweepAt } }, { upsert: true })
    },
    find: (path: string): Promise<ObjectDoc | null> => model.findById(path).lean(),
    async keep(paths: string[]) {
      if (paths.length > 0) await model.updateMany({ _id: { $in: paths } }, { $unset: { sweepAt: 1 } })
    },
    async release(paths: string[], sweepAt: Date) {
      if (paths.length > 0) await model.updateMany({ _id: { $in: paths } }, { $min: { sweepAt } })
    },
    /** Paths that may be removed, the longest due first. */
    async due(by: Date, limit: number): Promise<string[]> {
      const found = model.find({ sweepAt: { $lte: by } }, { _id: 1 }).sort({ sweepAt: 1 })
      return (await found.limit(limit).lean()).map(({ _id }) => _id)
    },
    ownedBy: (owner: string, after: string, limit: number): Promise<ObjectDoc[]> =>
      model
        .find({ owner, _id: { $gt: after } }, { sweepAt: 0 })
        .sort({ _id: 1 })
        .limit(limit)
        .lean(),
    async changeOwner(paths: string[], owner: string) {
      await model.updateMany({ _id: { $in: paths } }, { $set: { owner } })
    },
    async remove(path: string) {
      await model.deleteOne({ _id: path })
    },
  }
}
export type ObjectStore = ReturnType<typeof openObjects>
