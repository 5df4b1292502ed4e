import { type Bucket, type Logger, Periodic } from '@chat/service'
import { thumbnailPath } from './object-store.ts'
import { type FileStores, settleFiles } from './reference-tracker.ts'

const INTERVAL_MS = 60_000
const BATCH = 100
/** The rest is left to the next round, and to other instances. */
const MAX_BATCHES = 50

type Parts = FileStores & {
  bucket: Bucket
  lagMs: () => Promise<number>
  logger: Logger
}

/** Removes the files that no message refers to. Several instances may run at once. */
export class GarbageCollector {
  private readonly parts: Parts
  private readonly periodic: Periodic

  constructor(parts: Parts) {
    this.parts = parts
    this.periodic = new Periodic(INTERVAL_MS, () => this.sweep(), this.warn)
  }

  close() {
    return this.periodic.close()
  }

  /** Leaves what became due within the lag: a stored message may refer to it whose event has not come yet. */
  async sweep(now = Date.now()): Promise<void> {
    const due = new Date(now - (await this.parts.lagMs()))
    for (let batches = 0; batches < MAX_BATCHES && !this.periodic.isClosed; batches++) {
      const paths = await this.parts.objects.due(due, BATCH)
      const outcomes = await Promise.allSettled(paths.map((path) => this.removeUnused(path)))
      const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
      for (const { reason } of failures) this.warn(reason)
      if (paths.length < BATCH || failures.length > 0) return
    }
  }

  /** Removes the bytes before the record, so that an interrupted removal is repeated. */
  async removeUnused(path: string) {
    const { objects, bucket } = this.parts
    const [unused] = await settleFiles(this.parts, [path])
    if (unused === undefined) return
    await bucket.remove(path)
    await bucket.remove(thumbnailPath(path))
    await objects.remove(path)
  }

  private warn = (err: unknown) => this.parts.logger.warn({ err }, 'unused files not removed, will try again')
}
