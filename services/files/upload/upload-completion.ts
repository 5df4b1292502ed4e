import { setTimeout as delay } from 'node:timers/promises'
import { type Caller, Fault, type File, type Message } from '@chat/contract'
import type { Bucket, Bus } from '@chat/service'
import type { Preview, Previews } from '../preview/previews.ts'
import { type ObjectStore, THUMBNAIL_TYPE, thumbnailPath } from '../storage/object-store.ts'
import type { References } from '../storage/references.ts'
import type { Admission } from './admission.ts'
import { TELLING_BYTES } from './file-type.ts'
import type { UploadCleanup } from './upload-cleanup.ts'
import { isFinal } from './upload-start.ts'
import type { UploadDoc, UploadStore } from './upload-store.ts'

type Parts = {
  uploads: UploadStore
  objects: ObjectStore
  references: References
  bucket: Bucket
  bus: Bus
  admission: Admission
  previews: Previews
  uploadCleanup: UploadCleanup
}

/** Nobody but a process that died stays silent for so long. */
const CLAIM_MS = 5_000
const RENEW_MS = 1_500
/** How often one looks who waits for another instance. */
const LOOK_MS = 100
/** Less than `sendFileMessage` may take. */
const WAIT_MS = 25_000

/**
 * Makes a message of an upload whose bytes are all there: by one instance at a time, and after a crash by the next one
 * that is asked, which may do each step again.
 */
export class UploadCompletion {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /**
   * @param assemble makes the object of what was sent
   * @returns null where it is no more: its message is there, or it was ended
   * @throws FILE_TYPE_NOT_ALLOWED, FILE_NO_EXISTS_WITH_SYNC_KEY, what keeps the caller from writing in the room
   */
  async finish(caller: Caller, upload: UploadDoc, assemble: () => Promise<void>): Promise<Message | null> {
    const by = crypto.randomUUID()
    const claimed = await this.claim(upload, by)
    if (!claimed) return null
    const { uploads } = this.parts
    const renewing = setInterval(() => void uploads.claim(upload, by, CLAIM_MS).catch(() => {}), RENEW_MS)
    try {
      return await this.post(caller, claimed, claimed.file ?? (await this.describe(claimed, assemble)))
    } finally {
      clearInterval(renewing)
      await uploads.release(upload, by)
    }
  }

  private async claim(upload: UploadDoc, by: string): Promise<UploadDoc | null> {
    const { uploads } = this.parts
    for (const until = Date.now() + WAIT_MS; Date.now() < until; await delay(LOOK_MS)) {
      const claimed = await uploads.claim(upload, by, CLAIM_MS)
      if (claimed) return claimed
      const now = await uploads.find(upload._id)
      if (now?.id !== upload.id || now.state !== 'open') return null
    }
    throw new Fault('TIMEOUT')
  }

  /** What the finished object is. It is recorded before anybody can refer to it. */
  private async describe(upload: UploadDoc, assemble: () => Promise<void>): Promise<File> {
    await assemble()
    const { uploads, objects, previews } = this.parts
    const { owner, roomId, path, size, name } = upload
    const mediaType = await this.judge(upload)
    const preview = await previews.of(path, mediaType)
    const thumbnail = await this.store(path, preview)
    await objects.record({
      _id: path,
      owner,
      roomId,
      size,
      mediaType,
      name,
      thumbnail,
      createdAt: new Date(),
    })
    const { duration, frameSize } = preview
    const file = {
      ...{ name, path, size },
      ...(thumbnail !== null && { thumbnail }),
      ...(duration !== undefined && { duration }),
      ...(frameSize && { frameSize }),
    }
    await uploads.described(upload, file)
    return file
  }

  /** The last look: the first chunk may have told too little. */
  private async judge(upload: UploadDoc): Promise<string> {
    const { bucket, admission, uploadCleanup } = this.parts
    const { path, size, type } = upload
    try {
      if ((await bucket.sizeOf(path)) !== size) throw new Fault('FILE_NO_EXISTS_WITH_SYNC_KEY')
      const start = await bucket.start(path, TELLING_BYTES)
      return await admission.admit(type, start, start.length === size)
    } catch (error) {
      if (error instanceof Fault) await uploadCleanup.end(upload)
      throw error
    }
  }

  private async store(path: string, { thumbnail }: Preview): Promise<string | null> {
    if (!thumbnail) return null
    await this.parts.bucket.put(thumbnailPath(path), thumbnail, THUMBNAIL_TYPE)
    return thumbnailPath(path)
  }

  private async post(caller: Caller, upload: UploadDoc, file: File): Promise<Message> {
    const { uploads, references, bus, uploadCleanup } = this.parts
    const { roomId, syncKey, type } = upload
    try {
      const { message } = await bus.ask('postFile', caller, { roomId, syncKey, type, file })
      await references.taken(message)
      await uploads.close(upload, 'done')
      return message
    } catch (error) {
      if (isFinal(error)) await uploadCleanup.end({ ...upload, file })
      throw error
    }
  }
}
