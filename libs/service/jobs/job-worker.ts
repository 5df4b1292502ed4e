import type { Logger } from '../telemetry/logger.ts'
import { type Job, LeaseLost } from './job.ts'
import type { JobStore } from './job-store.ts'
import { hold, type Lease } from './lease.ts'
import type { Outcome, Outcomes } from './outcome.ts'

const POLL_MS = 2_000
const EXPIRE_PAUSE_MS = 60_000

export type WorkerParts<Doc extends Job> = {
  jobs: JobStore<Doc>
  logger: Logger
  /** Does some jobs. What it throws has failed all of them. It ends soon after the lease's signal aborts. */
  run: (docs: Doc[], lease: Lease<Doc>) => Promise<Outcomes<Doc>>
  /** Clears away what belongs to a dead letter that has been kept long enough, before it is deleted. */
  expire?: (doc: Doc) => Promise<void>
  /** Gets jobs whose outcome has been stored: what happened while they were claimed can be made up for. */
  settled?: (docs: Doc[]) => Promise<void>
  /** How often it looks for due jobs without being woken; default 2 s. */
  pollMs?: number
  /** How many batches it does at a time; default 1. */
  concurrency?: number
  /** How many jobs one batch has at most; default 1. */
  batchSize?: number
}

/** Does due jobs. Any number of instances may; a job whose worker dies is due again when its lease has run out. */
export class JobWorker<Doc extends Job> {
  private readonly parts: WorkerParts<Doc>
  private readonly timer: NodeJS.Timeout
  private readonly loops = new Set<Promise<void>>()
  private readonly stopping = new AbortController()
  private isWoken = false

  constructor(parts: WorkerParts<Doc>) {
    this.parts = parts
    this.timer = setInterval(this.wake, parts.pollMs ?? POLL_MS)
  }

  /** Looks for due jobs at once. */
  wake = () => {
    this.isWoken = true
    if (this.loops.size >= (this.parts.concurrency ?? 1) || this.stopping.signal.aborted) return
    const loop = this.workOff()
      .catch((err) => this.parts.logger.warn({ err, kind: this.parts.jobs.kind }, 'due jobs not read'))
      .finally(() => {
        this.loops.delete(loop)
        if (this.isWoken) this.wake()
      })
    this.loops.add(loop)
  }

  /** Begins nothing new, and resolves when what runs has ended. What did not get done is due for others at once. */
  async close() {
    clearInterval(this.timer)
    this.stopping.abort()
    await Promise.all(this.loops)
  }

  private async workOff() {
    const { jobs, batchSize = 1 } = this.parts
    while (!this.stopping.signal.aborted) {
      this.isWoken = false
      const docs = await jobs.claimDue(batchSize)
      if (docs.length === 0) return
      // There may be more, for others of this worker too.
      this.wake()
      await this.work(docs)
    }
  }

  private async work(docs: Doc[]) {
    const { jobs, logger } = this.parts
    await hold(jobs, docs, { logger, stopping: this.stopping.signal }, async (lease) => {
      const { dead = [], alive = [] } = Object.groupBy(docs, ({ deadAt }) => (deadAt ? 'dead' : 'alive'))
      const outcomes = alive.length > 0 ? await this.run(alive, lease) : (new Map() as Outcomes<Doc>)
      for (const doc of dead) await this.expire(doc, outcomes)
      await this.settle(docs, outcomes, lease)
      await this.parts.settled?.(docs)
    }).catch((err) =>
      logger.warn({ err, kind: jobs.kind }, 'outcome of jobs not stored: they will run again'),
    )
  }

  private async run(docs: Doc[], lease: Lease<Doc>): Promise<Outcomes<Doc>> {
    try {
      return await this.parts.run(docs, lease)
    } catch (error) {
      return new Map(docs.map((doc) => [doc, { error }]))
    }
  }

  private async expire(doc: Doc, outcomes: Outcomes<Doc>) {
    try {
      await this.parts.expire?.(doc)
    } catch (error) {
      outcomes.set(doc, { error })
    }
  }

  private async settle(docs: Doc[], outcomes: Outcomes<Doc>, lease: Lease<Doc>) {
    const done = docs.filter((doc) => !outcomes.has(doc))
    if (done.length > 0) await this.parts.jobs.finish(done)
    for (const [doc, outcome] of outcomes)
      await this.settleOne(doc, outcome, lease).catch((error) => {
        if (!(error instanceof LeaseLost)) throw error
        this.log(doc, error, 'job not finished: another worker has taken it over, or it is gone')
      })
  }

  private async settleOne(doc: Doc, outcome: Outcome<Doc>, { isLost }: Lease<Doc>) {
    const { jobs, logger } = this.parts
    if ('reschedule' in outcome) return jobs.reschedule(doc, outcome.reschedule)
    const { error } = outcome
    if (error instanceof LeaseLost && !isLost) throw error
    if (isLost || this.stopping.signal.aborted) return jobs.release(doc)
    if (doc.deadAt) return this.keep(doc, error)
    if ((await jobs.retry(doc, error)) === 'retried')
      return this.log(doc, error, 'job failed, will be retried')
    logger.error(
      fieldsOf(jobs.kind, doc, error),
      'job failed too often: it is a dead letter that can be replayed',
    )
  }

  /** A dead letter that could not be cleared away. */
  private async keep(doc: Doc, error: unknown) {
    this.log(doc, error, 'dead letter not cleared away, will try again')
    await this.parts.jobs.release(doc, { dueAt: new Date(Date.now() + EXPIRE_PAUSE_MS) } as Partial<Doc>)
  }

  private log(doc: Doc, error: unknown, text: string) {
    this.parts.logger.warn(fieldsOf(this.parts.jobs.kind, doc, error), text)
  }
}

const fieldsOf = (kind: string, { _id, tries = 0 }: Job, err: unknown) => ({
  err,
  kind,
  jobId: _id,
  tries: tries + 1,
})
