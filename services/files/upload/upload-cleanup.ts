import { eachJob, JobWorker, Periodic } from '@chat/service'
import { type RemovalParts, removeStored } from './upload-removal.ts'
import { removableAt, type UploadDoc } from './upload-store.ts'

const MINUTE_MS = 60_000
/** Longer than an upload can have chunks that are in no part. */
const CHUNKS_KEPT_MS = 7 * 24 * 60 * MINUTE_MS

/** Removes closed uploads, and open ones that nobody has touched for long. */
export class UploadCleanup {
  private readonly parts: RemovalParts
  private readonly worker: JobWorker<UploadDoc>
  private readonly periodic: Periodic

  constructor(parts: RemovalParts) {
    const { uploads, logger } = parts
    this.parts = parts
    const run = eachJob((upload: UploadDoc) => this.removeOld(upload))
    this.worker = new JobWorker({ jobs: uploads.jobs, logger, pollMs: MINUTE_MS, run })
    this.periodic = new Periodic(
      MINUTE_MS,
      () => this.removeLeftovers(),
      (err) => logger.warn({ err }, 'leftovers of uploads not removed, will try again'),
    )
  }

  async close() {
    await this.periodic.close()
    await this.worker.close()
  }

  /** Looks for old uploads at once. */
  wake() {
    this.worker.wake()
  }

  /** An upload is due, too, when an instance has died that was completing it. */
  private async removeOld(upload: UploadDoc) {
    const dueAt = removableAt(upload)
    if (dueAt.getTime() > Date.now()) return { dueAt }
    const closed = upload.state === 'open' ? await this.parts.uploads.endUntouched(upload) : upload
    // It was touched just now.
    if (!closed) return { dueAt: new Date(Date.now() + MINUTE_MS) }
    await removeStored(this.parts, closed)
    return undefined
  }

  private async removeLeftovers() {
    await this.parts.uploads.scheduleOld()
    await this.parts.chunks.removeOlderThan(new Date(Date.now() - CHUNKS_KEPT_MS))
  }
}
