import type { Model, mongo } from 'mongoose'
import { chunksOf } from '../async/chunks.ts'

/** The `_id` of a room's document: the room's id, then the number, zero-padded so that ids sort by number. */
export type IdOf = (roomId: string, number: number) => string
export type LastNumber = {
  /** 0 where the room has none. */
  of: (roomId: string) => Promise<number>
  /** Call it after storing documents: the development database begins its next search there. */
  note: (roomId: string, number: number) => void
}
/** Applies to one document, with a value of its own as an aggregation expression. */
type PipelineOf = (value: object) => object[]

/** What MongoDB and the development database need to do in different ways. Domain code calls these. */
export type Database = {
  /** A filter for documents of one room. It names the room, so that a cluster sharded by room asks one shard. */
  inRoom: <Id>(roomId: string, _id: Id) => { _id: Id; roomId?: string }

  /** Finds a room's last number, 0 where it has none. The ids are `idOf(roomId, number)`, from 1 and without gaps. */
  lastNumber: <T>(model: Model<T>, idOf: IdOf) => LastNumber

  /** Updates many documents by one pipeline, each with its own value. Documents that are not there stay so. */
  updateEach: <T>(
    model: Model<T>,
    values: readonly (readonly [id: string, value: unknown])[],
    pipelineOf: PipelineOf,
  ) => Promise<void>

  /** Puts a document in the place of the one with the same `_id`, whatever unique fields change with it. */
  replace: <T>(model: Model<T>, document: { _id: string }, session: mongo.ClientSession) => Promise<void>

  /** Cuts ids into lists that one query or update may name at a time. */
  slices: <T>(ids: readonly T[]) => T[][]
}

/** So many are encoded in a few milliseconds. */
const UPDATES_AT_ONCE = 100

export const MAX_NUMBER = 9_999_999_999

/** Ids from one number to another, both inclusive, as a condition for `_id`. */
export const idRange = (idOf: IdOf, roomId: string, from: number, to: number) => ({
  $gte: idOf(roomId, Math.max(1, from)),
  $lte: idOf(roomId, Math.min(to, MAX_NUMBER)),
})

export const wholeRoom = (idOf: IdOf, roomId: string) => idRange(idOf, roomId, 1, MAX_NUMBER)

export const numberIn = (id: string) => Number(/\d+$/.exec(id)?.[0] ?? 0)

export const mongoDatabase: Database = {
  inRoom: (roomId, _id) => ({ roomId, _id }),

  lastNumber: (model, idOf) => ({
    of: async (roomId) => {
      const room = mongoDatabase.inRoom(roomId, wholeRoom(idOf, roomId)) as object
      const [last] = await model.collection
        .find(room, { projection: { _id: 1 } })
        .sort({ _id: -1 })
        .limit(1)
        .toArray()
      return last ? numberIn(String(last._id)) : 0
    },
    note: () => {},
  }),

  updateEach: async (model, values, pipelineOf) => {
    for (const chunk of chunksOf(values, UPDATES_AT_ONCE)) {
      const updates = chunk.map(([id, value]) => ({
        updateOne: { filter: { _id: id as never }, update: pipelineOf({ $literal: value }) },
      }))
      await model.collection.bulkWrite(updates, { ordered: false })
    }
  },

  replace: async (model, document, session) => {
    await model.collection.replaceOne({ _id: document._id as never }, document, { session })
  },

  slices: (ids) => (ids.length > 0 ? [[...ids]] : []),
}
