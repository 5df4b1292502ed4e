import type { Logger } from '../telemetry/logger.ts'
import { type Job, LeaseLost } from './job.ts'
import type { JobStore } from './job-store.ts'
import { hold, type Lease } from './lease.ts'

const POLL_MS = 2_000
const EXPIRE_PAUSE_MS = 60_000

/** A job that is done, stays and is due again at `dueAt`. */
export type Reschedule<Doc extends Job> = Partial<Doc> & { dueAt: Date }
export type Outcome<Doc extends Job> = { error: unknown } | { reschedule: Reschedule<Doc> }
/** A job without an outcome is done and is deleted. */
export type Outcomes<Doc extends Job> = Map<Doc, Outcome<Doc>>

export type WorkerParts<Doc extends Job> = {
  jobs: JobStore<Doc>
  logger: Logger
  /** Does some jobs. When it throws, all of them have failed. It ends soon after the lease's signal aborts. */
  run: (docs: Doc[], lease: Lease<Doc>) => Promise<Outcomes<Doc>>
  /** Removes what belongs to a dead letter that has been kept long enough, before the dead letter is deleted. */
  expire?: (doc: Doc) => Promise<void>
  /** Gets jobs whose outcome was stored, to act on what happened while they were claimed. */
  settled?: (docs: Doc[]) => Promise<void>
  pollMs?: number
  concurrency?: number
  batchSize?: number
}

/** Does due jobs. Any number of instances may run; a job whose worker dies is due again when its lease expires. */
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

  wake = () => {
    this.isWoken = true
    if (this.loops.size >= (this.parts.concurrency ?? 1) || this.stopping.signal.aborted) return
    const loop = this.doDueJobs()
      .catch((err) => this.parts.logger.warn({ err, kind: this.parts.jobs.kind }, 'due jobs not read'))
      .finally(() => {
        this.loops.delete(loop)
        if (this.isWoken) this.wake()
      })
    this.loops.add(loop)
  }

  /** Starts nothing new, and resolves when running work has ended. Unfinished jobs are due for others at once. */
  async close() {
    clearInterval(this.timer)
    this.stopping.abort()
    await Promise.all(this.loops)
  }

  private async doDueJobs() {
    const { jobs, batchSize = 1 } = this.parts
    while (!this.stopping.signal.aborted) {
      this.isWoken = false
      const docs = await jobs.claimDue(batchSize)
      if (docs.length === 0) return
      // More jobs may be due: another loop of this worker looks.
      this.wake()
      await this.doBatch(docs)
    }
  }

  private async doBatch(docs: Doc[]) {
    const { jobs, logger, settled } = this.parts
    await hold(jobs, docs, { logger, stopping: this.stopping.signal }, async (lease) => {
      const outcomes = await this.run(docs, lease)
      const done = docs.filter((doc) => !outcomes.has(doc))
      if (done.length > 0) await jobs.finish(done)
      for (const [doc, outcome] of outcomes) await this.settle(doc, outcome, lease)
      await settled?.(docs)
    }).catch((err) =>
      logger.warn({ err, kind: jobs.kind }, 'outcome of jobs not stored: they will run again'),
    )
  }

  private async run(docs: Doc[], lease: Lease<Doc>): Promise<Outcomes<Doc>> {
    const { run, expire } = this.parts
    const { dead = [], alive = [] } = Object.groupBy(docs, ({ deadAt }) => (deadAt ? 'dead' : 'alive'))
    const failed = (error: unknown): Outcomes<Doc> => new Map(alive.map((doc) => [doc, { error }]))
    const outcomes: Outcomes<Doc> =
      alive.length > 0 ? await Promise.try(run, alive, lease).catch(failed) : new Map()
    for (const doc of dead)
      await Promise.try(async () => expire?.(doc)).catch((error) => outcomes.set(doc, { error }))
    return outcomes
  }

  private async settle(doc: Doc, outcome: Outcome<Doc>, lease: Lease<Doc>) {
    try {
      await this.store(doc, outcome, lease)
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error
      this.log('warn', doc, error, 'job not finished: another worker has taken it over, or it is gone')
    }
  }

  private async store(doc: Doc, outcome: Outcome<Doc>, { isLost }: Lease<Doc>) {
    const { jobs } = this.parts
    if ('reschedule' in outcome) return jobs.reschedule(doc, outcome.reschedule)
    const { error } = outcome
    if (error instanceof LeaseLost && !isLost) throw error
    if (isLost || this.stopping.signal.aborted) return jobs.release(doc)
    if (doc.deadAt) {
      this.log('warn', doc, error, 'dead letter not cleared away, will try again')
      return jobs.release(doc, { dueAt: new Date(Date.now() + EXPIRE_PAUSE_MS) } as Partial<Doc>)
    }
    if ((await jobs.retry(doc, error)) === 'retried')
      return this.log('warn', doc, error, 'job failed, will be retried')
    this.log('error', doc, error, 'job failed too often: it is a dead letter that can be replayed')
  }

  private log(level: 'warn' | 'error', { _id: jobId, tries = 0 }: Doc, err: unknown, text: string) {
    const { logger, jobs } = this.parts
    logger[level]({ err, kind: jobs.kind, jobId, tries: tries + 1 }, text)
  }
}

/** Does the jobs of a batch at the same time. A job whose work resolves to nothing is done. */
export const eachJob =
  <Doc extends Job>(work: (doc: Doc, lease: Lease<Doc>) => Promise<Reschedule<Doc> | undefined>) =>
  async (docs: Doc[], lease: Lease<Doc>): Promise<Outcomes<Doc>> => {
    const outcomes: Outcomes<Doc> = new Map()
    const run = async (doc: Doc) => {
      const reschedule = await work(doc, lease)
      if (reschedule) outcomes.set(doc, { reschedule })
    }
    await Promise.all(docs.map((doc) => run(doc).catch((error) => outcomes.set(doc, { error }))))
    return outcomes
  }
