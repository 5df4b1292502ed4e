import { type Bucket, type Connection, type DutyCycle, insertMissing, modelOf } from '@chat/service'
import type { Model } from 'mongoose'

/**
 * A stored chunk. The primary key decides which chunk is the next one. The bytes are in S3, because the database syncs
 * what it stores to disk, which would delay messages.
 */
type ChunkDoc = {
  /** The upload's id and the chunk's padded index. */
  _id: string
  /** The offset in the file at which it ends. */
  end: number
  object: string
  createdAt: Date
}
export type Tail = { slices: number; bytes: number }

const PAGE = 1_000
const INDEX_DIGITS = 10
const idOf = (uploadId: string, index: number) => `${uploadId}-${String(index).padStart(INDEX_DIGITS, '0')}`
const indexOf = (id: string) => Number(id.slice(-INDEX_DIGITS))
/** Without `before`: to the end. ':' follows '9'. */
const idsOf = (uploadId: string, from = 0, before?: number) => ({
  $gte: idOf(uploadId, from),
  $lt: before === undefined ? `${uploadId}-:` : idOf(uploadId, before),
})
const folderOf = (uploadId: string) => `incoming/${uploadId}/`

type Parts = { model: Model<ChunkDoc>; bucket: Bucket; pacing: DutyCycle }

export async function openChunks(connection: Connection, bucket: Bucket, pacing: DutyCycle) {
  const model = modelOf<ChunkDoc>(connection, 'chunks', [{ createdAt: 1 }])
  await model.createIndexes()
  return new ChunkStore({ model, bucket, pacing })
}

export class ChunkStore {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** The last chunk is kept as long as the upload is, so that the tail is known. */
  async tail(uploadId: string): Promise<Tail> {
    const last = await this.parts.model
      .findOne({ _id: idsOf(uploadId) }, { end: 1 })
      .sort({ _id: -1 })
      .lean<ChunkDoc>()
    return last ? { slices: indexOf(last._id) + 1, bytes: last.end } : { slices: 0, bytes: 0 }
  }

  /** Stores the chunk after `tail`. @returns false where another instance has stored one there */
  async add(uploadId: string, tail: Tail, data: Uint8Array): Promise<boolean> {
    // The random name keeps two instances that receive the same chunk from overwriting each other's bytes.
    const object = `${folderOf(uploadId)}${tail.slices}-${crypto.randomUUID()}`
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    await this.parts.pacing.run(() => this.parts.bucket.put(object, bytes, 'application/octet-stream'))
    const end = tail.bytes + data.length
    const chunk = { _id: idOf(uploadId, tail.slices), end, object, createdAt: new Date() }
    const isTaken = (await insertMissing(this.parts.model, [chunk])).length > 0
    if (isTaken) await this.parts.bucket.remove(object)
    return !isTaken
  }

  /** Reads chunks from `index` on into `buffer`, until they have `bytes` or end. @returns null where some are gone */
  async read(
    uploadId: string,
    index: number,
    bytes: number,
    buffer: Buffer,
  ): Promise<(Tail & { data: Buffer }) | null> {
    const run = { slices: 0, bytes: 0 }
    const found = this.parts.model
      .find({ _id: idsOf(uploadId, index) })
      .sort({ _id: 1 })
      .lean<ChunkDoc>()
      .cursor()
    for await (const chunk of found) {
      if (indexOf(chunk._id) !== index + run.slices) return null
      const length = await this.parts.bucket.readInto(chunk.object, buffer.subarray(run.bytes))
      if (length === null) return null
      run.bytes += length
      run.slices += 1
      if (run.bytes >= bytes) break
    }
    return { ...run, data: buffer.subarray(0, run.bytes) }
  }

  /** Removes chunks that are in parts, except the last one. */
  async removeMoved(uploadId: string, moved: number) {
    const ids = { _id: idsOf(uploadId, 0, moved - 1) }
    const found = await this.parts.model.find(ids, { object: 1 }).lean<ChunkDoc[]>()
    await this.parts.bucket.removeAll(found.map(({ object }) => object))
    await this.parts.model.deleteMany(ids)
  }

  /** Removes all bytes, and the chunks `before` this one: the last chunk shows that an upload is complete. */
  async removeAll(uploadId: string, before?: number) {
    await this.parts.bucket.removeAll(await this.parts.bucket.list(folderOf(uploadId)))
    await this.parts.model.deleteMany({ _id: idsOf(uploadId, 0, before) })
  }

  async removeOlderThan(date: Date) {
    const old = this.parts.model.find({ createdAt: { $lt: date } }, { _id: 1 }).limit(PAGE)
    const uploadIds = new Set((await old.lean()).map(({ _id }) => _id.slice(0, -INDEX_DIGITS - 1)))
    for (const uploadId of uploadIds) await this.removeAll(uploadId)
  }
}
