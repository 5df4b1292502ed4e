import type { Model, Schema } from 'mongoose'
import type { Metrics } from '../telemetry/metrics.ts'

/**
 * What every document that is a job carries, whatever its collection. To make a collection one of jobs:
 * 1. Give the document the fields of `Job`: `type ExportDoc = Job & {…}`, `{ ...jobSchema, … }`, `indexJobs(schema)`.
 *    Store new ones with `...newJob(dueAt)`.
 * 2. `const jobs = new JobStore<ExportDoc>({ kind: 'export', model, metrics, backoff })`.
 * 3. Work in the background is a `JobWorker`. Work that a request drives is `claim(id)` or `insertClaimed(doc)`, then
 *    `hold(jobs, docs, logger, work)`, then `finish`, `reschedule` or `release`.
 * 4. Operators see it by `serveJobs(bus, jobs)`, and its kind in `jobs` of the process's role (contract, access/roles.ts).
 * 5. Progress that must not be lost is `update(doc, change)`, progress to look at is `lease.note(change)`.
 */
export type Job = {
  _id: string
  /** From then on it may be claimed. A lease moves it ahead, so a job whose owner died is due again. */
  dueAt: Date
  /** The fence: the token of the present owner, or of one that died. */
  claim: string | null
  /** How often it has failed. */
  tries: number
  /** Why it failed the last time. */
  lastError?: string
  /** Since when it is a dead letter. */
  deadAt?: Date
}

/** The library's own fields; a job's other fields are its adopter's. */
type JobField = Exclude<keyof Job, '_id'>
export type JobContent<Doc extends Job> = Omit<Doc, JobField>

/** The job has another owner by now, or is gone: this one must not go on. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
  constructor(kind: string, id: string) {
    super(`The lease of ${kind} ${id} is lost`)
  }
}

export type JobOptions<Doc extends Job> = {
  /** Its name in metrics, logs and for operators, as `export`. */
  kind: string
  model: Model<Doc>
  metrics: Metrics
  /** How long an owner that sends no heartbeat keeps a job; default 10 s. */
  leaseMs?: number
  /** Default: doubles from 1 s to 60 s, for ever. */
  backoff?: Backoff
  /** How long a dead letter is kept; default 30 days. */
  keepDeadMs?: number
  /** What else must hold of a job that is claimed. */
  claimable?: () => object
  /** Which documents are unfinished jobs, where finished ones stay in the collection. */
  unfinished?: object
  /** What else changes in a job that becomes a dead letter, or that an operator replays. */
  deadFields?: Partial<Doc>
  replayFields?: Partial<Doc>
  /** What an operator sees of a dead letter. */
  describe?: (doc: Doc) => Record<string, unknown>
}

/** The schema of the fields above, to be spread into the schema of the document. */
export const jobSchema = {
  dueAt: { type: Date, required: true },
  claim: { type: String, default: null },
  tries: { type: Number, required: true },
  lastError: String,
  deadAt: Date,
}

/** What workers, and lists of dead letters, find jobs by. */
export function indexJobs<Doc>(schema: Schema<Doc>) {
  schema.index({ dueAt: 1 })
  schema.index({ deadAt: 1 }, { sparse: true })
}

/** The fields of a job that nobody has claimed yet. */
export const newJob = (dueAt = new Date()) => ({ dueAt, claim: null, tries: 0 })

/** The pause, in ms, after a job has failed `tries` times; null makes it a dead letter. */
export type Backoff = (tries: number) => number | null

/** Doubles from `firstMs` up to `maxMs`; the failure number `maxTries` is the last one. */
export const exponential =
  ({ firstMs = 1_000, maxMs = 60_000, maxTries = Number.POSITIVE_INFINITY } = {}): Backoff =>
  (tries) =>
    tries < maxTries ? Math.min(maxMs, firstMs * 2 ** (tries - 1)) : null
