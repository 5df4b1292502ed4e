import { type Bucket, type Logger, Periodic } from '@chat/service'
import { type ObjectStore, thumbnailPath } from './object-store.ts'
import type { References } from './references.ts'

const EVERY_MS = 60_000
const BATCH = 100
/** The rest is left to the next round, and to other instances. */
const MAX_BATCHES = 50

type Parts = {
  objects: ObjectStore
  references: References
  bucket: Bucket
  /** How far the references are behind the messages. */
  lagMs: () => Promise<number>
  logger: Logger
}

/** Removes the objects to which no message refers any more, or ever did. Any number of instances may do so at once. */
export class ObjectSweep {
  private readonly parts: Parts
  private readonly periodic: Periodic

  constructor(parts: Parts) {
    this.parts = parts
    this.periodic = new Periodic(
      EVERY_MS,
      () => this.sweep(),
      (err) => this.warn(err),
    )
  }

  close() {
    return this.periodic.close()
  }

  /**
   * What is due by `now`. A message that refers to an object may be stored and not have come here yet: what became due
   * after the last one that did stays.
   */
  async sweep(now = Date.now()): Promise<void> {
    const due = new Date(now - (await this.parts.lagMs()))
    for (let batches = 0; batches < MAX_BATCHES && !this.periodic.isClosed; batches++) {
      const paths = await this.parts.objects.due(due, BATCH)
      const outcomes = await Promise.allSettled(paths.map((path) => this.removeUnlessKept(path)))
      const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
      for (const { reason } of failures) this.warn(reason)
      if (paths.length < BATCH || failures.length > 0) return
    }
  }

  /** The bytes first: of what is interrupted the record is left, and it is done again. */
  async removeUnlessKept(path: string) {
    const { objects, references, bucket } = this.parts
    const [lost] = await references.settle([path])
    if (lost === undefined) return
    await bucket.remove(path)
    await bucket.remove(thumbnailPath(path))
    await objects.forget(path)
  }

  private warn(err: unknown) {
    this.parts.logger.warn({ err }, 'objects not swept, will try again')
  }
}
