import { type Bucket, type Connection, type DutyCycle, insertMissing, modelOf } from '@chat/service'
import type { Model } from 'mongoose'

/** The key decides which chunk is next. The bytes are in S3: the database would sync them, and delay messages. */
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

export class ChunkStore {
  private readonly model: Model<ChunkDoc>
  private readonly bucket: Bucket
  private readonly pacing: DutyCycle

  constructor(connection: Connection, bucket: Bucket, pacing: DutyCycle) {
    this.model = modelOf(connection, 'chunks', [{ createdAt: 1 }])
    this.bucket = bucket
    this.pacing = pacing
  }

  /** The last chunk is kept as long as the upload is, so that the tail is known. */
  async tail(uploadId: string): Promise<Tail> {
    const finding = this.model.findOne({ _id: idsOf(uploadId) }, { end: 1 }).sort({ _id: -1 })
    const last = await finding.lean<ChunkDoc>()
    return last ? { slices: indexOf(last._id) + 1, bytes: last.end } : { slices: 0, bytes: 0 }
  }

  /** Stores the chunk after `tail`. @returns false where another instance has stored one there */
  async add(uploadId: string, tail: Tail, data: Uint8Array): Promise<boolean> {
    // The random name keeps two instances that receive the same chunk from overwriting each other's bytes.
    const object = `${folderOf(uploadId)}${tail.slices}-${crypto.randomUUID()}`
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    await this.pacing.run(() => this.bucket.put(object, bytes, 'application/octet-stream'))
    const end = tail.bytes + data.length
    const chunk = { _id: idOf(uploadId, tail.slices), end, object, createdAt: new Date() }
    const isTaken = (await insertMissing(this.model, [chunk])).length > 0
    if (isTaken) await this.bucket.remove(object)
    return !isTaken
  }

  /** Reads chunks from `index` on into `buffer`, until they have `bytes` or end. @returns null where some are gone */
  async read(uploadId: string, index: number, bytes: number, buffer: Buffer) {
    const run = { slices: 0, bytes: 0 }
    const found = this.model
      .find({ _id: idsOf(uploadId, index) })
      .sort({ _id: 1 })
      .lean<ChunkDoc>()
      .cursor()
    for await (const chunk of found) {
      if (indexOf(chunk._id) !== index + run.slices) return null
      const length = await this.bucket.readInto(chunk.object, buffer.subarray(run.bytes))
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
    const found = await this.model.find(ids, { object: 1 }).lean<ChunkDoc[]>()
    await this.bucket.removeAll(found.map(({ object }) => object))
    await this.model.deleteMany(ids)
  }

  /** Removes all bytes, and the chunks `before` this one: the last chunk shows that an upload is complete. */
  async removeAll(uploadId: string, before?: number) {
    await this.bucket.removeAll(await this.bucket.list(folderOf(uploadId)))
    await this.model.deleteMany({ _id: idsOf(uploadId, 0, before) })
  }

  async removeOlderThan(date: Date) {
    const old = this.model.find({ createdAt: { $lt: date } }, { _id: 1 }).limit(PAGE)
    const uploadIds = new Set((await old.lean()).map(({ _id }) => _id.slice(0, -INDEX_DIGITS - 1)))
    for (const uploadId of uploadIds) await this.removeAll(uploadId)
  }
}
