import { type Caller, Fault, type Input, type Message, type Output } from '@chat/contract'
import { KeyedQueue, type Limits } from '@chat/service'
import type { Admission } from './admission.ts'
import type { ChunkStore, Tail } from './chunk-store.ts'
import type { PartAssembly } from './part-assembly.ts'
import type { UploadCleanup } from './upload-cleanup.ts'
import type { UploadCompletion } from './upload-completion.ts'
import { type Opened, requireSame, type UploadStart } from './upload-start.ts'
import { type UploadDoc, type UploadStore, uploadKey } from './upload-store.ts'

type Chunk = Input<'sendFileMessage'>
type Taken = Output<'sendFileMessage'>

/** An upload counts as open for so long after its last chunk. */
const OPEN_MS = 120_000
const TOUCH_MS = 15_000
/** Files of many tiny chunks would cost more than they hold: this many, and one for each so many bytes. */
const CHUNKS_ALLOWED = 1_000
const BYTES_PER_CHUNK = 1_024

export type ChunkedParts = {
  uploads: UploadStore
  chunks: ChunkStore
  admission: Admission
  uploadStart: UploadStart
  partAssembly: PartAssembly
  uploadCompletion: UploadCompletion
  uploadCleanup: UploadCleanup
  limits: Limits
}

/**
 * Files that come chunk by chunk. A chunk is acked when it is stored; where an upload stands is read from its chunks,
 * so that any instance can take the next one.
 */
export class ChunkedUpload {
  private readonly parts: ChunkedParts
  private readonly lanes = new KeyedQueue()

  constructor(parts: ChunkedParts) {
    this.parts = parts
  }

  /** Takes a chunk. @returns where the upload then stands, with the message once it has come whole */
  take(caller: Caller, chunk: Chunk): Promise<Taken> {
    if (chunk.data.length > this.parts.limits.chunkBytes)
      throw new Fault('INVALID_REQUEST', {
        message: `A chunk has ${this.parts.limits.chunkBytes} bytes at most`,
      })
    const key = uploadKey({ way: 'chunks', owner: caller.userId, ...chunk })
    return this.lanes.run(key, async () => {
      const open = await this.find(caller, chunk, key)
      if ('message' in open) return whole(open.message)
      requireSame(open.upload, chunk)
      return this.append(caller, await this.touched(open.upload), chunk)
    })
  }

  private async find(caller: Caller, chunk: Chunk, key: string): Promise<Opened> {
    const known = await this.parts.uploads.find(key)
    if (known?.state === 'open') return this.parts.uploadStart.resume(caller, known)
    return this.parts.uploadStart.open(caller, chunk, {
      way: 'chunks',
      opensMs: OPEN_MS,
      judge: () => this.judge(chunk),
    })
  }

  private judge({ slice = 0, data, size, type }: Chunk): Promise<string> {
    if (slice > 0) throw new Fault('FILE_NO_EXISTS_WITH_SYNC_KEY')
    if (data.length === 0) throw new Fault('SEND_FILE_IS_EMPTY')
    return this.parts.admission.admit(type, data, data.length === size)
  }

  private async append(caller: Caller, upload: UploadDoc, chunk: Chunk): Promise<Taken> {
    const tail = await this.parts.chunks.tail(upload.id)
    if (tail.bytes === upload.size) return this.finish(caller, upload, tail)
    const place = chunk.slice ?? tail.slices
    if (place < tail.slices) return standing(upload, tail)
    if (place > tail.slices) throw new Fault('FILE_CHUNK_OUT_OF_ORDER', { data: standing(upload, tail) })
    await this.requireFit(upload, tail, chunk.data.length)
    const gathered = await this.makeRoom(upload, tail)
    // Another instance has taken a chunk meanwhile.
    if (!(await this.parts.chunks.add(upload.id, tail, chunk.data)))
      return this.append(caller, gathered, chunk)
    const next = { slices: tail.slices + 1, bytes: tail.bytes + chunk.data.length }
    return next.bytes === upload.size ? this.finish(caller, gathered, next) : standing(upload, next)
  }

  private async requireFit(upload: UploadDoc, tail: Tail, length: number) {
    if (length === 0) throw new Fault('SEND_FILE_IS_EMPTY')
    if (tail.slices >= CHUNKS_ALLOWED + upload.size / BYTES_PER_CHUNK)
      throw new Fault('INVALID_REQUEST', { message: 'The chunks are too small' })
    if (tail.bytes + length <= upload.size) return
    // What has come is not the file that was announced: its sender may begin anew.
    await this.parts.uploadCleanup.end(upload)
    throw new Fault('INVALID_REQUEST', { message: `More bytes than the ${upload.size} announced` })
  }

  /** Before the chunk is stored: where S3 is away, it is refused and not left in doubt. */
  private async makeRoom(upload: UploadDoc, tail: Tail): Promise<UploadDoc> {
    const gathered = await this.parts.partAssembly.gather(upload, tail)
    if (!gathered) throw new Fault('FILE_NO_EXISTS_WITH_SYNC_KEY')
    return gathered
  }

  private async touched(upload: UploadDoc): Promise<UploadDoc> {
    if (Date.now() - upload.touchedAt.getTime() < TOUCH_MS) return upload
    const touched = await this.parts.uploads.touch(upload, new Date(Date.now() + OPEN_MS))
    if (!touched) throw new Fault('FILE_NO_EXISTS_WITH_SYNC_KEY')
    return touched
  }

  private async finish(caller: Caller, upload: UploadDoc, tail: Tail): Promise<Taken> {
    const { uploadCompletion, partAssembly, chunks, uploadStart } = this.parts
    const made = await uploadCompletion.finish(caller, upload, () => partAssembly.assemble(upload, tail))
    if (made) await chunks.empty(upload.id, tail)
    const message = made ?? (await uploadStart.stored(caller, upload))
    if (!message) throw new Fault('FILE_NO_EXISTS_WITH_SYNC_KEY')
    return whole(message)
  }
}

const whole = (message: Message): Taken => ({ message, progress: 100 })
const standing = ({ size }: UploadDoc, { slices, bytes }: Tail): Taken => ({
  slice: slices,
  progress: Math.floor((100 * bytes) / size),
})
