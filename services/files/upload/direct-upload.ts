import { type Caller, Fault, type Input, type Message, type Output } from '@chat/contract'
import { type Bucket, KeyedQueue, type Limits, type Part } from '@chat/service'
import { beginParts } from './part-assembly.ts'
import type { UploadCompletion } from './upload-completion.ts'
import { type Opened, requireSame, type UploadStart } from './upload-start.ts'
import { type UploadDoc, type UploadStore, uploadKey } from './upload-store.ts'

type Wanted = Input<'createUpload'>
type DownloadLinks = Output<'createUpload'>

const MIB = 1024 * 1024
const LEAST_PART = 8 * MIB
/** S3 takes ten times as many; so the links to all of them fit in one answer. */
const MOST_PARTS = 1_000

/** Every part of a file of so many bytes has this size, but for the last. */
export const partSizeOf = (size: number) => Math.max(LEAST_PART, Math.ceil(size / MOST_PARTS / MIB) * MIB)

/** The parts of which a file consists. */
export function partsOf(size: number): { number: number; size: number }[] {
  const partSize = partSizeOf(size)
  const count = Math.ceil(size / partSize)
  return Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    size: Math.min(partSize, size - index * partSize),
  }))
}

export type DirectParts = {
  uploads: UploadStore
  uploadStart: UploadStart
  uploadCompletion: UploadCompletion
  bucket: Bucket
  limits: Limits
}

/** Large files that go from the client straight to S3, part by part, through links signed here. */
export class DirectUpload {
  private readonly parts: DirectParts
  private readonly lanes = new KeyedQueue()

  constructor(parts: DirectParts) {
    this.parts = parts
  }

  /** Links for the parts that are missing; none where all have come, or the message is there. */
  create(caller: Caller, wanted: Wanted): Promise<DownloadLinks> {
    const key = this.keyOf(caller, wanted)
    return this.lanes.run(key, async () => {
      const expiresAt = new Date(Date.now() + this.linksLiveMs())
      const partSize = partSizeOf(wanted.size)
      const open = await this.find(caller, wanted, key)
      if ('message' in open) return { parts: [], partSize, expiresAt: expiresAt.toISOString() }
      requireSame(open.upload, wanted)
      const upload = await this.begun(open.upload, expiresAt)
      return { parts: await this.linksOf(upload), partSize, expiresAt: expiresAt.toISOString() }
    })
  }

  /**
   * The message, once every part is there as it was announced. What the client says of its parts is not asked.
   * @throws INVALID_REQUEST naming the first part that is not
   */
  complete(caller: Caller, { roomId, syncKey }: Input<'completeUpload'>): Promise<Message> {
    const key = this.keyOf(caller, { roomId, syncKey })
    return this.lanes.run(key, async () => {
      const { uploads, uploadStart, uploadCompletion } = this.parts
      const known = await uploads.find(key)
      const resumed = known?.state === 'open' && (await uploadStart.resume(caller, known))
      if (resumed && 'message' in resumed) return resumed.message
      const open = resumed && (await uploads.touch(resumed.upload, resumed.upload.openUntil))
      const made = open && (await uploadCompletion.finish(caller, open, () => this.assemble(open)))
      const message = made || (await uploadStart.stored(caller, { roomId, syncKey }))
      if (!message) throw new Fault('FILE_NO_EXISTS_WITH_SYNC_KEY')
      return message
    })
  }

  private keyOf({ userId }: Caller, { roomId, syncKey }: Pick<Wanted, 'roomId' | 'syncKey'>) {
    return uploadKey({ way: 'parts', owner: userId, roomId, syncKey })
  }

  private linksLiveMs() {
    return this.parts.limits.uploadLinkSeconds * 1_000
  }

  private async find(caller: Caller, wanted: Wanted, key: string): Promise<Opened> {
    const known = await this.parts.uploads.find(key)
    if (known?.state === 'open') return this.parts.uploadStart.resume(caller, known)
    // Its bytes are judged once they are there.
    const judge = async () => 'application/octet-stream'
    return this.parts.uploadStart.open(caller, wanted, { way: 'parts', judge, opensMs: this.linksLiveMs() })
  }

  private async begun(upload: UploadDoc, openUntil: Date): Promise<UploadDoc> {
    const begun = await beginParts(this.parts, upload)
    const touched = begun && (await this.parts.uploads.touch(begun, openUntil))
    if (!touched) throw new Fault('FILE_NO_EXISTS_WITH_SYNC_KEY')
    return touched
  }

  private async linksOf({ path, s3Id, size }: UploadDoc) {
    const { bucket, limits } = this.parts
    const come = await bucket.parts(path, s3Id as string)
    // S3 knows it no more: the object is made already.
    if (!come) return []
    const missing = partsOf(size).filter((part) => !hasCome(come, part))
    return Promise.all(
      missing.map(async ({ number }) => ({
        partNumber: number,
        url: await bucket.linkToPart(path, s3Id as string, number, limits.uploadLinkSeconds),
      })),
    )
  }

  private async assemble({ path, s3Id, size }: UploadDoc) {
    const come = s3Id ? await this.parts.bucket.parts(path, s3Id) : []
    if (!come) return
    const wanted = partsOf(size)
    const missing = wanted.find((part) => !hasCome(come, part))
    if (missing) {
      const message = `Part ${missing.number} has not come with ${missing.size} bytes`
      throw new Fault('INVALID_REQUEST', { message, data: { partNumber: missing.number } })
    }
    const numbers = new Set(wanted.map(({ number }) => number))
    await this.parts.bucket.complete(
      path,
      s3Id as string,
      come.filter(({ number }) => numbers.has(number)),
    )
  }
}

const hasCome = (come: Part[], wanted: { number: number; size: number }) =>
  come.some(({ number, size }) => number === wanted.number && size === wanted.size)
