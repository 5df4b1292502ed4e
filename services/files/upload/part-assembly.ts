import { type Bucket, type DutyCycle, KeyedQueue } from '@chat/service'
import type { ChunkStore, Tail } from './chunk-store.ts'
import type { UploadDoc, UploadStore } from './upload-store.ts'

/** The smallest that S3 takes, but for the last of a file. */
export const PART_BYTES = 5 * 1024 * 1024
/** As the bus carries no more. What of it is not used takes no memory. */
const MOST_CHUNK_BYTES = 8 * 1024 * 1024
const AT_ONCE = 2

type Stores = { uploads: UploadStore; chunks: ChunkStore; bucket: Bucket; pacing: DutyCycle }

/** Gives an upload a name in S3 under which its parts are put. Null where it is gone. */
export async function beginParts(stores: Pick<Stores, 'uploads' | 'bucket'>, upload: UploadDoc) {
  if (upload.s3Id) return upload
  const s3Id = await stores.bucket.begin(upload.path, upload.mediaType)
  const begun = await stores.uploads.begun(upload, s3Id)
  // Another instance was faster.
  if (begun?.s3Id !== s3Id) await stores.bucket.abort(upload.path, s3Id)
  return begun
}

/**
 * Gathers chunks to parts in S3. Which chunks make which part follows from the chunks alone, so that instances that do
 * it at the same time, or again after a crash, do the same.
 */
export class PartAssembly {
  private readonly stores: Stores
  private readonly lanes = new KeyedQueue()
  /** Where parts are put together, each by one at a time: memory does not grow with the files on their way. */
  private readonly rooms = Array.from({ length: AT_ONCE }, () =>
    Buffer.allocUnsafeSlow(PART_BYTES + MOST_CHUNK_BYTES),
  )
  private turn = 0

  constructor(stores: Stores) {
    this.stores = stores
  }

  /** Moves what has come to S3, as far as it makes whole parts. @returns the upload as it then is; null if it is gone */
  async gather(upload: UploadDoc, tail: Tail): Promise<UploadDoc | null> {
    let at: UploadDoc | null = upload
    while (at && tail.bytes - at.moved.bytes >= PART_BYTES) at = await this.moved(at, PART_BYTES)
    return at
  }

  /** Makes the object of all that has come. */
  async assemble(upload: UploadDoc, tail: Tail): Promise<void> {
    if (tail.bytes < PART_BYTES) return this.inTurn((room) => this.inOnePiece(upload, room))
    let at = await this.gather(upload, tail)
    while (at && at.moved.bytes < at.size) at = await this.moved(at, at.size - at.moved.bytes)
    const { pacing, bucket } = this.stores
    const { path, s3Id, parts } = at ?? {}
    if (path && s3Id && parts) await pacing.run(() => bucket.complete(path, s3Id, parts))
  }

  private async inOnePiece({ id, path, size, mediaType }: UploadDoc, room: Buffer) {
    const run = await this.stores.chunks.read(id, 0, size, room)
    if (run) await this.stores.bucket.put(path, run.data, mediaType)
  }

  private inTurn<T>(work: (room: Buffer) => Promise<T>): Promise<T> {
    const index = this.turn++ % AT_ONCE
    return this.lanes.run(String(index), () => work(this.rooms[index] as Buffer))
  }

  private moved(upload: UploadDoc, bytes: number): Promise<UploadDoc | null> {
    return this.inTurn((room) => this.move(upload, bytes, room))
  }

  private async move(given: UploadDoc, bytes: number, room: Buffer): Promise<UploadDoc | null> {
    const upload = await beginParts(this.stores, given)
    if (!upload?.s3Id) return upload
    const run = await this.stores.chunks.read(upload.id, upload.moved.slices, bytes, room)
    if (!run?.slices) return this.movedElsewhere(upload)
    const { path, s3Id, parts } = upload
    const { pacing, bucket } = this.stores
    const part = await pacing.run(() => bucket.putPart(path, s3Id, parts.length + 1, run.data))
    const moved = {
      slices: upload.moved.slices + run.slices,
      bytes: upload.moved.bytes + run.bytes,
    }
    const noted = await this.stores.uploads.moved(upload, moved, part)
    if (noted) await this.stores.chunks.forget(upload.id, noted.moved.slices)
    return noted
  }

  /** Another instance notes what it moved before it forgets the chunks. */
  private async movedElsewhere(upload: UploadDoc): Promise<UploadDoc | null> {
    const now = await this.stores.uploads.find(upload._id)
    if (now?.id !== upload.id) return null
    if (now.moved.slices === upload.moved.slices) throw new Error(`chunks of upload ${upload.id} are missing`)
    return now
  }
}
