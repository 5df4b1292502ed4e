import type { Connection } from '@chat/service'
import mongoose from 'mongoose'
import { isDuplicate } from './upload-store.ts'

/** One that came, and how far the file is with it. The primary key decides which chunk is which. */
type ChunkDoc = {
  /** The upload's id and the chunk's padded index. */
  _id: string
  /** Bytes of the file up to its end. */
  end: number
  data: Buffer
  createdAt: Date
}
/** How many chunks have come, and bytes in them. */
export type Tail = { slices: number; bytes: number }
/** Some that follow each other. */
type Run = { slices: number; bytes: number; data: Buffer }

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const chunkSchema = new Schema<ChunkDoc>(
  { _id: String, end: required(Number), data: required(Buffer), createdAt: required(Date) },
  { versionKey: false },
)
// For the sweeping of those that an upload left behind.
chunkSchema.index({ createdAt: 1 })

/** Of 500 KB each at most: what one answer of the database holds stays small. */
const BATCH = 4
const INDEX_DIGITS = 10
const idOf = (uploadId: string, index: number) => `${uploadId}-${String(index).padStart(INDEX_DIGITS, '0')}`
const indexOf = (id: string) => Number(id.slice(-INDEX_DIGITS))
// No digit is above '9', so that ':' ends the range of an upload.
const rangeOf = (uploadId: string, from = 0) => ({ $gte: idOf(uploadId, from), $lt: `${uploadId}-:` })

/** Chunks on their way to S3. */
export async function openChunks(connection: Connection) {
  const model = connection.model<ChunkDoc>('Chunk', chunkSchema, 'chunks')
  await model.createIndexes()
  const store = {
    /** How far an upload is. Its last chunk stays as long as somebody may take it for open. */
    async tail(uploadId: string): Promise<Tail> {
      const last = await model
        .findOne({ _id: rangeOf(uploadId) }, { end: 1 })
        .sort({ _id: -1 })
        .lean<ChunkDoc>()
      return last ? { slices: indexOf(last._id) + 1, bytes: last.end } : { slices: 0, bytes: 0 }
    },

    /** Stores the next chunk. @returns false where another one has become that */
    async add(uploadId: string, tail: Tail, data: Uint8Array): Promise<boolean> {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      const chunk = {
        _id: idOf(uploadId, tail.slices),
        end: tail.bytes + data.length,
        data: bytes,
        createdAt: new Date(),
      }
      try {
        await model.collection.insertOne(chunk as never)
        return true
      } catch (error) {
        if (isDuplicate(error)) return false
        throw error
      }
    },

    /**
     * The bytes from a chunk on, of as few chunks as fill so many, or of all.
     * @param room where they are put: so many bytes, and a chunk more
     * @returns what of it they fill, and how many chunks that is; null where some of them are gone
     */
    async read(uploadId: string, index: number, bytes: number, room: Buffer): Promise<Run | null> {
      const run = { slices: 0, bytes: 0 }
      const cursor = model.collection
        .find({ _id: rangeOf(uploadId, index) as never }, { promoteBuffers: true })
        .sort({ _id: 1 })
        .batchSize(BATCH)
      for await (const chunk of cursor as AsyncIterable<unknown> as AsyncIterable<ChunkDoc>) {
        if (indexOf(chunk._id) !== index + run.slices) return null
        if (run.bytes + chunk.data.length > room.length) throw new Error(`chunk ${chunk._id} is too large`)
        run.bytes += chunk.data.copy(room, run.bytes)
        run.slices += 1
        if (run.bytes >= bytes) break
      }
      return { ...run, data: room.subarray(0, run.bytes) }
    },

    /** Forgets chunks that are in parts, but for the last of them: it says how far the upload is. */
    async forget(uploadId: string, before: number) {
      await model.deleteMany({ _id: { $gte: idOf(uploadId, 0), $lt: idOf(uploadId, before - 1) } })
    },

    /** Forgets the bytes of a whole upload; that it was whole still shows. */
    async empty(uploadId: string, tail: Tail) {
      await store.forget(uploadId, tail.slices)
      await model.updateOne({ _id: idOf(uploadId, tail.slices - 1) }, { $set: { data: Buffer.alloc(0) } })
    },

    async clear(uploadId: string) {
      await model.deleteMany({ _id: rangeOf(uploadId) })
    },

    async clearOlderThan(date: Date) {
      await model.deleteMany({ createdAt: { $lt: date } })
    },
  }
  return store
}
export type Chunks = Awaited<ReturnType<typeof openChunks>>
