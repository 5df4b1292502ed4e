import type { Model } from 'mongoose'
import { insertMissing } from '../storage/bulk-writes.ts'
import type { JobOutcome } from '../telemetry/metrics.ts'
import { DeadLetters } from './dead-letters.ts'
import { exponential, type Job, type JobContent, type JobOptions, LeaseLost } from './job.ts'

/**
 * The jobs of one collection. Writes of owners are fenced: they change nothing once the job has another owner or none.
 * Any other write may take a job from its owner by setting `claim` to null. Leases are compared with this machine's
 * clock: where clocks differ by more than a lease, a job may be taken over early, which costs work but writes nothing
 * twice.
 */
export class JobStore<Doc extends Job> {
  readonly kind: string
  readonly leaseMs: number
  readonly deadLetters: DeadLetters<Doc>
  private readonly options
  private readonly model: Model<Job>

  constructor(options: JobOptions<Doc>) {
    this.options = { backoff: exponential(), claimable: () => ({}), ...options }
    this.kind = options.kind
    this.leaseMs = options.leaseMs ?? 10_000
    this.model = options.model as unknown as Model<Job>
    this.deadLetters = new DeadLetters(options)
  }

  /** Stores a job that this process does at once. @returns null where a job with its id exists */
  async insertClaimed(content: JobContent<Doc>): Promise<Doc | null> {
    const doc = { ...content, tries: 0, ...this.newLease() }
    const taken = await insertMissing(this.model, [doc])
    return taken.length === 0 ? (doc as unknown as Doc) : null
  }

  /** Claims one job, due or not. @returns null where it has a living owner, is a dead letter or does not exist */
  async claim(id: string): Promise<Doc | null> {
    const isFree = { $or: [{ claim: null }, { dueAt: null }, { dueAt: { $lte: new Date() } }] }
    const filter = { $and: [{ _id: id, deadAt: null }, isFree, this.options.claimable()] }
    return this.findAndSet(filter, this.newLease())
  }

  /** Claims up to `limit` jobs, those that have been due the longest first; dead letters to be deleted are among them. */
  async claimDue(limit: number): Promise<Doc[]> {
    for (;;) {
      const isDue = { $and: [{ dueAt: { $lte: new Date() } }, this.options.claimable()] }
      const due = await this.model.find(isDue, { _id: 1 }).sort({ dueAt: 1 }).limit(limit).lean()
      if (due.length === 0) return []
      const lease = this.newLease()
      const ids = { _id: { $in: due.map(({ _id }) => _id) } }
      await this.model.updateMany({ $and: [ids, isDue] }, { $set: lease })
      const claimed = await this.model.find({ ...ids, claim: lease.claim }).lean()
      // None: other workers were faster, and more jobs may be due.
      if (claimed.length > 0) return claimed as unknown as Doc[]
    }
  }

  /** Renews leases and stores progress. @returns how many of the jobs still belong to their owner */
  async renew(docs: Doc[], progress: Partial<Doc> = {}): Promise<number> {
    const change = { $set: { ...progress, dueAt: this.leaseEnd() } }
    return (await this.model.updateMany(owned(docs), change)).matchedCount
  }

  /** @returns the changed job @throws LeaseLost */
  async update(doc: Doc, change: Partial<Doc>): Promise<Doc> {
    const updated = await this.findAndSet(owned([doc]), change)
    if (updated) return updated
    await this.countLost([doc], 1)
    throw new LeaseLost(this.kind, doc._id)
  }

  /** Deletes jobs that are done or given up. @returns how many still belonged to their owner */
  async finish(docs: Doc[], outcome: 'finished' | 'released' = 'finished'): Promise<number> {
    const { deletedCount } = await this.model.deleteMany(owned(docs))
    this.count(outcome, deletedCount)
    await this.countLost(docs, docs.length - deletedCount)
    return deletedCount
  }

  /** The job is done, and is due again at `dueAt`. @throws LeaseLost */
  async reschedule(doc: Doc, change: Partial<Doc> & { dueAt: Date }): Promise<Doc> {
    const updated = await this.update(doc, { tries: 0, ...change, claim: null })
    this.count('finished')
    return updated
  }

  /** Gives up the lease of a job that is not done and has not failed. @throws LeaseLost */
  async release(doc: Doc, change: Partial<Doc> = {}): Promise<Doc> {
    const updated = await this.update(doc, { dueAt: new Date(), ...change, claim: null })
    this.count('released')
    return updated
  }

  /** The job has failed: it is due again after a pause, or becomes a dead letter. @throws LeaseLost */
  async retry(doc: Doc, error: unknown): Promise<'retried' | 'dead'> {
    // Documents of versions before the job library have no `tries`.
    const tries = (doc.tries ?? 0) + 1
    const pauseMs = this.options.backoff(tries)
    const failed = { tries, claim: null, lastError: error instanceof Error ? error.message : String(error) }
    if (pauseMs === null) await this.update(doc, this.deadLetters.fieldsOf(failed))
    else await this.update(doc, { ...failed, dueAt: new Date(Date.now() + pauseMs) } as Partial<Doc>)
    const outcome = pauseMs === null ? 'dead' : 'retried'
    this.count(outcome)
    return outcome
  }

  private async findAndSet(filter: object, fields: Partial<Doc> | Partial<Job>): Promise<Doc | null> {
    const change = { $set: fields as object }
    const changing = this.model.findOneAndUpdate(filter, change, { returnDocument: 'after' })
    return (await changing.lean()) as Doc | null
  }

  private newLease() {
    return { claim: crypto.randomUUID() as string, dueAt: this.leaseEnd() }
  }

  private leaseEnd() {
    return new Date(Date.now() + this.leaseMs)
  }

  /** A job is lost to another owner; without one it was ended on purpose, or another owner has finished it by now. */
  private async countLost(docs: Doc[], by: number) {
    if (by === 0) return
    const ids = { $in: docs.map(({ _id }) => _id) }
    const taken = { _id: ids, claim: { $nin: [null, docs[0]?.claim ?? null] } }
    const lost = await this.model.countDocuments(taken)
    this.count('lost', lost)
    this.count('ended', by - lost)
  }

  private count(outcome: JobOutcome, by = 1) {
    if (by > 0) this.options.metrics.jobs.inc({ kind: this.kind, outcome }, by)
  }
}

/** Jobs that were claimed together have one token. */
const owned = (docs: Job[]) => ({
  _id: docs.length === 1 ? docs[0]?._id : { $in: docs.map(({ _id }) => _id) },
  claim: docs[0]?.claim ?? 'none',
})
