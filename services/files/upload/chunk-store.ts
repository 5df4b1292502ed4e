import { type Bucket, type Connection, type DutyCycle, isDuplicate } from '@chat/service'
import mongoose from 'mongoose'

/**
 * One that came, and how far the file is with it. The primary key decides which chunk is which; the bytes lie in S3,
 * since the database syncs what it stores to disk, and messages would wait for that.
 */
type ChunkDoc = {
  /** The upload's id and the chunk's padded index. */
  _id: string
  /** Bytes of the file up to its end. */
  end: number
  /** Where its bytes lie. */
  object: string
  createdAt: Date
}
/** How many chunks have come, and bytes in them. */
export type Tail = { slices: number; bytes: number }
/** Some that follow each other. */
type Run = { slices: number; bytes: number; data: Buffer }

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const chunkSchema = new Schema<ChunkDoc>(
  { _id: String, end: required(Number), object: required(String), createdAt: required(Date) },
  { versionKey: false },
)
// For the sweeping of those that an upload left behind.
chunkSchema.index({ createdAt: 1 })

const PAGE = 1_000
const CHUNK_TYPE = 'application/octet-stream'
const INDEX_DIGITS = 10
const idOf = (uploadId: string, index: number) => `${uploadId}-${String(index).padStart(INDEX_DIGITS, '0')}`
const indexOf = (id: string) => Number(id.slice(-INDEX_DIGITS))
// No digit is above '9', so that ':' ends the range of an upload.
const rangeOf = (uploadId: string, from = 0) => ({ $gte: idOf(uploadId, from), $lt: `${uploadId}-:` })

const folderOf = (uploadId: string) => `incoming/${uploadId}/`
/** Two instances may get the same chunk: neither writes over the other's bytes. */
const objectOf = (uploadId: string, index: number) => `${folderOf(uploadId)}${index}-${crypto.randomUUID()}`

/** Chunks that are in no part yet. */
export async function openChunks(connection: Connection, bucket: Bucket, pacing: DutyCycle) {
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
      const object = objectOf(uploadId, tail.slices)
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      await pacing.run(() => bucket.put(object, bytes, CHUNK_TYPE))
      const end = tail.bytes + data.length
      const chunk = { _id: idOf(uploadId, tail.slices), end, object, createdAt: new Date() }
      try {
        await model.collection.insertOne(chunk as never)
        return true
      } catch (error) {
        if (!isDuplicate(error)) throw error
        await bucket.remove(object)
        return false
      }
    },

    /**
     * The bytes from a chunk on, of as few chunks as fill so many, or of all.
     * @param room where they are put: so many bytes, and a chunk more
     * @returns what of it they fill, and how many chunks that is; null where some of them are gone
     */
    async read(uploadId: string, index: number, bytes: number, room: Buffer): Promise<Run | null> {
      const run = { slices: 0, bytes: 0 }
      const found = model
        .find({ _id: rangeOf(uploadId, index) })
        .sort({ _id: 1 })
        .lean<ChunkDoc>()
        .cursor()
      for await (const chunk of found) {
        if (indexOf(chunk._id) !== index + run.slices) return null
        const length = await bucket.readInto(chunk.object, room.subarray(run.bytes))
        if (length === null) return null
        run.bytes += length
        run.slices += 1
        if (run.bytes >= bytes) break
      }
      return { ...run, data: room.subarray(0, run.bytes) }
    },

    /** Forgets chunks that are in parts, but for the last of them: it says how far the upload is. */
    async forget(uploadId: string, before: number) {
      const inParts = { _id: { $gte: idOf(uploadId, 0), $lt: idOf(uploadId, before - 1) } }
      const found = await model.find(inParts, { object: 1 }).lean<ChunkDoc[]>()
      await bucket.removeAll(found.map(({ object }) => object))
      await model.deleteMany(inParts)
    },

    /** Forgets the bytes of a whole upload; that it was whole still shows. */
    async empty(uploadId: string, tail: Tail) {
      await bucket.removeAll(await bucket.list(folderOf(uploadId)))
      await model.deleteMany({ _id: { $gte: idOf(uploadId, 0), $lt: idOf(uploadId, tail.slices - 1) } })
    },

    /** Everything that came of an upload, bytes that no chunk speaks of included. */
    async clear(uploadId: string) {
      await bucket.removeAll(await bucket.list(folderOf(uploadId)))
      await model.deleteMany({ _id: rangeOf(uploadId) })
    },

    async clearOlderThan(date: Date) {
      const old = await model
        .find({ createdAt: { $lt: date } }, { _id: 1 })
        .limit(PAGE)
        .lean()
      for (const uploadId of new Set(old.map(({ _id }) => _id.slice(0, -INDEX_DIGITS - 1))))
        await store.clear(uploadId)
    },
  }
  return store
}
export type ChunkStore = Awaited<ReturnType<typeof openChunks>>
