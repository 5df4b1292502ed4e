import { eachJob, JobWorker, Periodic } from '@chat/service'
import { thumbnailPath } from '../storage/object-store.ts'
import type { UploadParts } from './parts.ts'
import { removableAt, type UploadDoc } from './upload-store.ts'

const MINUTE_MS = 60_000
/** Longer than an upload can have chunks that are in no part. */
const CHUNKS_KEPT_MS = 7 * 24 * 60 * MINUTE_MS

export type RemovalParts = Pick<UploadParts, 'uploads' | 'chunks' | 'bucket' | 'logger'>

/** Ends an upload and removes it, now or, where that fails, later. */
export const endUpload = async (parts: RemovalParts, upload: UploadDoc) =>
  tryToRemove(parts, await parts.uploads.end(upload))

/** Like `endUpload`, unless the upload is claimed, or was touched since it was read. */
export const endUntouched = async (parts: RemovalParts, upload: UploadDoc) =>
  tryToRemove(parts, upload.claim ? null : await parts.uploads.endUntouched(upload))

/** Removes an upload in any state. @throws where that fails */
export async function removeUpload(parts: RemovalParts, upload: UploadDoc) {
  const ended = await parts.uploads.end({ ...upload, claim: null })
  await removeStored(parts, ended ?? upload)
  await parts.uploads.remove(upload)
}

async function removeStored({ chunks, bucket }: RemovalParts, upload: UploadDoc) {
  const { id, path, s3Id, state, file } = upload
  if (state !== 'done') {
    if (s3Id) await bucket.abort(path, s3Id)
    // A message may refer to a complete object: the garbage collector finds out.
    if (!file) await Promise.all([bucket.remove(path), bucket.remove(thumbnailPath(path))])
  }
  await chunks.removeAll(id)
}

async function tryToRemove(parts: RemovalParts, ended: UploadDoc | null) {
  if (!ended) return
  await removeUpload(parts, ended).catch((err) =>
    parts.logger.warn({ err, upload: ended.id }, 'upload not removed, will try again'),
  )
}

/** Removes closed uploads, and open ones that nobody has touched for long, until `close`. */
export function startUploadCleanup(parts: RemovalParts) {
  const { uploads, chunks, logger } = parts
  const run = eachJob((upload: UploadDoc) => removeOld(parts, upload))
  const worker = new JobWorker({ jobs: uploads.jobs, logger, pollMs: MINUTE_MS, run })
  const removeLeftovers = async () => {
    await uploads.scheduleOld()
    await chunks.removeOlderThan(new Date(Date.now() - CHUNKS_KEPT_MS))
  }
  const periodic = new Periodic(MINUTE_MS, removeLeftovers, (err) =>
    logger.warn({ err }, 'leftovers of uploads not removed, will try again'),
  )
  const close = async () => {
    await periodic.close()
    await worker.close()
  }
  return { wake: worker.wake, close }
}

/** An upload is due, too, when an instance has died that was completing it. */
async function removeOld(parts: RemovalParts, upload: UploadDoc) {
  const dueAt = removableAt(upload)
  if (dueAt.getTime() > Date.now()) return { dueAt }
  const closed = upload.state === 'open' ? await parts.uploads.endUntouched(upload) : upload
  // It was touched just now.
  if (!closed) return { dueAt: new Date(Date.now() + MINUTE_MS) }
  await removeStored(parts, closed)
  return undefined
}
