import { setTimeout as delay } from 'node:timers/promises'
import { type Caller, Fault, type File, type Message } from '@chat/contract'
import { hold } from '@chat/service'
import { THUMBNAIL_TYPE, thumbnailPath } from '../storage/object-store.ts'
import { applyEvents } from '../storage/reference-tracker.ts'
import { TELLING_BYTES } from './file-type.ts'
import type { UploadParts } from './parts.ts'
import { endUpload } from './upload-removal.ts'
import { isFinal } from './upload-start.ts'
import type { UploadDoc } from './upload-store.ts'

/** How often an instance looks whether another one has finished. */
const POLL_MS = 100
/** Less than the deadline of `sendFileMessage`. */
const WAIT_MS = 25_000

/**
 * Makes a message of an upload whose bytes are all there. One instance at a time does so; when it dies, the next one
 * that is asked repeats the steps. @returns null where the upload is closed: its message is stored, or it was ended
 * @throws FILE_TYPE_NOT_ALLOWED, FILE_NO_EXISTS_WITH_SYNC_KEY, what keeps the caller from writing in the room, TIMEOUT
 */
export async function completeUpload(
  parts: UploadParts,
  caller: Caller,
  upload: UploadDoc,
  assemble: () => Promise<void>,
): Promise<Message | null> {
  const { uploads } = parts
  const claimed = await claim(parts, upload)
  if (!claimed) return null
  return hold(uploads.jobs, [claimed], parts, async () => {
    try {
      const file = claimed.file ?? (await describe(parts, claimed, assemble))
      const message = await post(parts, caller, claimed, file)
      await uploads.finish(claimed)
      return message
    } catch (error) {
      if (isFinal(error)) await endUpload(parts, claimed)
      else await uploads.release(claimed)
      throw error
    }
  })
}

async function claim({ uploads }: UploadParts, upload: UploadDoc): Promise<UploadDoc | null> {
  const isSame = (other: UploadDoc | null) => other?.id === upload.id && other.state === 'open'
  for (const until = Date.now() + WAIT_MS; Date.now() < until; await delay(POLL_MS)) {
    const claimed = await uploads.jobs.claim(upload._id)
    if (isSame(claimed)) return claimed
    if (claimed) await uploads.release(claimed)
    if (!isSame(await uploads.find(upload._id))) return null
  }
  throw new Fault('TIMEOUT')
}

/** Records the object, before a message can refer to it. @returns what the message says of it */
async function describe(parts: UploadParts, upload: UploadDoc, assemble: () => Promise<void>): Promise<File> {
  await assemble()
  const { uploads, objects, previews, bucket } = parts
  const { owner, roomId, path, size, name } = upload
  const mediaType = await checkType(parts, upload)
  const { thumbnail: image, duration, frameSize } = await previews.make(path, mediaType)
  const thumbnail = image ? thumbnailPath(path) : null
  if (image) await bucket.put(thumbnailPath(path), image, THUMBNAIL_TYPE)
  const createdAt = new Date()
  await objects.record({ _id: path, owner, roomId, size, mediaType, name, thumbnail, createdAt })
  const file = {
    name,
    path,
    size,
    ...(thumbnail !== null && { thumbnail }),
    ...(duration !== undefined && { duration }),
    ...(frameSize && { frameSize }),
  }
  await uploads.setFile(upload, file)
  return file
}

/** Checks the whole object: the first chunk may have passed undecided. */
async function checkType({ bucket, typePolicy }: UploadParts, { path, size, type }: UploadDoc) {
  if ((await bucket.sizeOf(path)) !== size) throw new Fault('FILE_NO_EXISTS_WITH_SYNC_KEY')
  const start = await bucket.start(path, TELLING_BYTES)
  return typePolicy.check(type, start, start.length === size)
}

async function post(parts: UploadParts, caller: Caller, upload: UploadDoc, file: File) {
  const { roomId, syncKey, type } = upload
  const { message } = await parts.bus.ask('postFile', caller, { roomId, syncKey, type, file })
  // The members may ask for the file before the event comes through the stream.
  await applyEvents(parts, [{ message }])
  return message
}
