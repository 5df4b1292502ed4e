import type { Model } from 'mongoose'
import type { Index } from '../storage/mongo.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/**
 * The fields of every job, whatever its collection. To make the documents of a collection jobs:
 * 1. `type ExportDoc = Job & {…}`, `modelOf<ExportDoc>(connection, 'exports', ...jobIndexes)`; store new ones with
 *    `...newJob(dueAt)`.
 * 2. `const jobs = new JobStore<ExportDoc>({ kind: 'export', model, metrics, backoff })`.
 * 3. In the background, a `JobWorker` does them. A request calls `claim(id)` or `insertClaimed(doc)`, then `hold(…)`, then
 *    `finish`, `reschedule` or `release`. `update` stores progress that must not be lost, `lease.note` other progress.
 * 4. For operators, `serveJobs(bus, jobs)`, and the kind in `jobs` of the process's role (contract, access/roles.ts).
 */
export type Job = {
  _id: string
  /** When it may be claimed. A lease moves it ahead, so a job whose owner died is due again. */
  dueAt: Date
  /** The fence: the token of its owner, which may have died. */
  claim: string | null
  /** How often it has failed, or its worker has died. */
  tries: number
  lastError?: string
  deadAt?: Date
}

export type JobContent<Doc extends Job> = Omit<Doc, Exclude<keyof Job, '_id'>>

/** The job has another owner by now, or is gone: its former owner must stop. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
  constructor(kind: string, id: string) {
    super(`The lease of ${kind} ${id} is lost`)
  }
}

export type JobOptions<Doc extends Job> = {
  /** Its name in metrics and logs and for operators, such as `export`. */
  kind: string
  model: Model<Doc>
  metrics: Metrics
  /** How long an owner that sends no heartbeat keeps a job; default 10 s. */
  leaseMs?: number
  /** Default: doubles from 1 s to 60 s, without end. */
  backoff?: Backoff
  /** How long a dead letter is kept; default 30 days. */
  keepDeadMs?: number
  /** What a job must match, besides being due, to be claimed. */
  claimable?: () => object
  /** What unfinished jobs match, where finished ones stay in the collection. */
  unfinished?: object
  /** Changes of a job that becomes a dead letter, and of one that an operator replays. */
  deadFields?: Partial<Doc>
  replayFields?: Partial<Doc>
  describe?: (doc: Doc) => Record<string, unknown>
}

export const jobIndexes: Index[] = [[{ dueAt: 1 }], [{ deadAt: 1 }, { sparse: true }]]

export const newJob = (dueAt = new Date()) => ({ dueAt, claim: null, tries: 0 })

/** The pause, in ms, after a job has failed `tries` times; null makes it a dead letter. */
type Backoff = (tries: number) => number | null

/** Doubles from `firstMs` up to `maxMs`; failure number `maxTries` is the last one. */
export const exponential =
  ({ firstMs = 1_000, maxMs = 60_000, maxTries = Number.POSITIVE_INFINITY } = {}): Backoff =>
  (tries) =>
    tries < maxTries ? Math.min(maxMs, firstMs * 2 ** (tries - 1)) : null
