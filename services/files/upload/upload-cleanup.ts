import { eachJob, JobWorker, Periodic } from '@chat/service'
import { type RemovalParts, removeStored } from './upload-removal.ts'
import { removableAt, type UploadDoc } from './upload-store.ts'

const MINUTE_MS = 60_000
/** Longer than an upload can have chunks that are in no part. */
const CHUNKS_KEPT_MS = 7 * 24 * 60 * MINUTE_MS

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
