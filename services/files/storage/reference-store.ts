import { type Connection, writeEach } from '@chat/service'
import mongoose from 'mongoose'

/** What one message refers to. */
export type ReferenceDoc = {
  /** The message's id. */
  _id: string
  roomId: string
  paths: string[]
  isHidden: boolean
  /** When it was deleted. It keeps what it referred to, so that a deletion can be handled again. */
  deletedAt: Date | null
  /** The message's: of two states of a message the later one counts. */
  updatedAt: Date
}

/** Longer than the stream keeps events: nothing can come for a deleted message any more. */
const FORGOTTEN_AFTER_SECONDS = 8 * 24 * 60 * 60

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const referenceSchema = new Schema<ReferenceDoc>(
  {
    _id: String,
    roomId: required(String),
    paths: required([String]),
    isHidden: required(Boolean),
    deletedAt: { type: Date, default: null },
    updatedAt: required(Date),
  },
  { versionKey: false },
)
referenceSchema.index({ paths: 1 })
referenceSchema.index({ deletedAt: 1 }, { expireAfterSeconds: FORGOTTEN_AFTER_SECONDS })

/** Which messages refer to which files. */
export async function openReferences(connection: Connection) {
  const model = connection.model<ReferenceDoc>('Reference', referenceSchema, 'references')
  await model.createIndexes()
  return {
    /** Of two states of a message the later one stays, whoever comes first. */
    async put(docs: ReferenceDoc[]) {
      const taken = await writeEach(
        model,
        docs.map((doc) => replacing(doc, true)),
      )
      // There is a later one, or somebody has inserted it meanwhile: now there is one to compare with.
      const again = taken.map((index) => replacing(docs[index] as ReferenceDoc, false))
      if (again.length > 0) await writeEach(model, again)
    },

    /** @returns what its messages referred to */
    async forgetRoom(roomId: string): Promise<string[]> {
      // No character of an id stands between the dash and the point.
      const ofRoom = { _id: { $gt: `${roomId}-`, $lt: `${roomId}.` } }
      const docs = await model.find(ofRoom, { paths: 1 }).lean()
      await model.deleteMany(ofRoom)
      return [...new Set(docs.flatMap(({ paths }) => paths))]
    },

    /** Everything that these messages refer to, or referred to before they were deleted. */
    async pathsOf(messageIds: string[]): Promise<string[]> {
      const docs = await model.find({ _id: { $in: messageIds } }, { paths: 1 }).lean()
      return [...new Set(docs.flatMap(({ paths }) => paths))]
    },

    /** Of these paths those that a message refers to. */
    async referredTo(paths: string[]): Promise<Set<string>> {
      const docs = await model.find({ paths: { $in: paths }, deletedAt: null }, { paths: 1 }).lean()
      return new Set(docs.flatMap((doc) => doc.paths))
    },

    /** Of these rooms those that refer to a path, and whether only by messages that are hidden. */
    async roomsOf(path: string, roomIds: string[]): Promise<{ roomId: string; isHidden: boolean }[]> {
      const docs = await model
        .find({ paths: path, roomId: { $in: roomIds }, deletedAt: null }, { roomId: 1, isHidden: 1 })
        .lean()
      return [...Map.groupBy(docs, ({ roomId }) => roomId)].map(([roomId, own]) => ({
        roomId,
        isHidden: own.every(({ isHidden }) => isHidden),
      }))
    },
  }
}
export type ReferenceStore = Awaited<ReturnType<typeof openReferences>>

/** A deleted message says no more what it referred to. */
const replacing = ({ _id, paths, ...rest }: ReferenceDoc, upsert: boolean) => ({
  updateOne: {
    filter: { _id: _id as never, updatedAt: { $lt: rest.updatedAt } },
    update: rest.deletedAt ? { $set: rest, $setOnInsert: { paths } } : { $set: { ...rest, paths } },
    upsert,
  },
})
