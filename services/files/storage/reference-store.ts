import { type Connection, type Index, modelOf, writeEach } from '@chat/service'

export type ReferenceDoc = {
  _id: string
  roomId: string
  paths: string[]
  isHidden: boolean
  /** A deleted message keeps its paths, so that the deletion can be handled again. */
  deletedAt: Date | null
  /** The message's. Of two states the later one wins. */
  updatedAt: Date
}

/** Longer than the stream keeps events: no event of the message can come after that. */
const KEPT_SECONDS = 8 * 24 * 60 * 60

const pathsIn = (docs: Pick<ReferenceDoc, 'paths'>[]) => new Set(docs.flatMap(({ paths }) => paths))

export function openReferences(connection: Connection) {
  const expiry: Index = [{ deletedAt: 1 }, { expireAfterSeconds: KEPT_SECONDS }]
  const model = modelOf<ReferenceDoc>(connection, 'references', [{ paths: 1 }], expiry)
  return {
    /** Stores the docs whose `updatedAt` is later than what is stored. */
    async put(docs: ReferenceDoc[]) {
      const upserts = docs.map((doc) => replacing(doc, true))
      const duplicates = await writeEach(model, upserts)
      // Those exist: a later state, or one that was inserted meanwhile and may be older.
      const again = duplicates.map((index) => replacing(docs[index] as ReferenceDoc, false))
      if (again.length > 0) await writeEach(model, again)
    },

    async deleteRoom(roomId: string): Promise<string[]> {
      // A message's id begins with its room's id and a dash; '.' follows '-'.
      const ofRoom = { _id: { $gt: `${roomId}-`, $lt: `${roomId}.` } }
      const docs = await model.find(ofRoom, { paths: 1 }).lean()
      await model.deleteMany(ofRoom)
      return [...pathsIn(docs)]
    },

    /** The paths of the messages, including those of deleted ones. */
    async pathsOf(messageIds: string[]): Promise<string[]> {
      return [...pathsIn(await model.find({ _id: { $in: messageIds } }, { paths: 1 }).lean())]
    },

    /** The paths, of these and others, that messages with one of these refer to. */
    async referredTo(paths: string[]): Promise<Set<string>> {
      return pathsIn(await model.find({ paths: { $in: paths }, deletedAt: null }, { paths: 1 }).lean())
    },

    /** Those of the rooms that refer to the path; `isHidden` where only hidden messages do. */
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
export type ReferenceStore = ReturnType<typeof openReferences>

/** The event of a deletion has no paths: the stored ones stay. */
const replacing = ({ _id, paths, ...rest }: ReferenceDoc, upsert: boolean) => ({
  updateOne: {
    filter: { _id: _id as never, updatedAt: { $lt: rest.updatedAt } },
    update: rest.deletedAt ? { $set: rest, $setOnInsert: { paths } } : { $set: { ...rest, paths } },
    upsert,
  },
})
