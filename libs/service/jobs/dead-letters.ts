import type { Output } from '@chat/contract'
import type { Model } from 'mongoose'
import { insertMissing } from '../storage/bulk-writes.ts'
import type { Job, JobContent, JobOptions } from './job.ts'

const KEEP_MS = 30 * 24 * 60 * 60 * 1_000
const isDead = { deadAt: { $gt: new Date(0) } }

/** Jobs that failed too often. They stay in the collection of the jobs until an operator replays or drops them. */
export class DeadLetters<Doc extends Job> {
  private readonly options: JobOptions<Doc>
  private readonly model: Model<Job>

  constructor(options: JobOptions<Doc>) {
    this.options = options
    this.model = options.model as unknown as Model<Job>
  }

  count = (): Promise<number> => this.model.countDocuments(isDead)

  /** Jobs whose owner died are waiting. */
  async countJobs(): Promise<Output<'countJobs'>> {
    const alive = { $and: [{ deadAt: null }, this.options.unfinished ?? {}] }
    const owned = { $and: [alive, { claim: { $ne: null }, dueAt: { $gt: new Date() } }] }
    const [all, running, dead] = await Promise.all([
      this.model.countDocuments(alive),
      this.model.countDocuments(owned),
      this.count(),
    ])
    return { waiting: Math.max(0, all - running), running, dead }
  }

  async list(after: string, limit: number): Promise<Doc[]> {
    const page = this.model.find({ ...isDead, _id: { $gt: after } })
    return (await page.sort({ _id: 1 }).limit(limit).lean()) as unknown as Doc[]
  }

  async get(id: string): Promise<Doc | null> {
    return (await this.model.findOne({ ...isDead, _id: id }).lean()) as Doc | null
  }

  describe = (doc: Doc): Record<string, unknown> => this.options.describe?.(doc) ?? {}

  /** Stores what failed before it was a job, such as an event. A stored job with its id stays as it is. */
  async insert(content: JobContent<Doc>, failed: Pick<Job, 'tries' | 'lastError'>): Promise<void> {
    const doc = { ...content, ...this.fieldsOf({ ...failed, claim: null }) }
    await insertMissing(this.model, [doc])
  }

  /** Makes them due at once. @returns how many there were */
  async replay(ids: string[]): Promise<number> {
    const fields = { ...this.options.replayFields, dueAt: new Date(), claim: null, tries: 0 }
    const change = { $set: fields as object, $unset: { deadAt: 1, lastError: 1 } }
    return (await this.model.updateMany({ ...isDead, _id: { $in: ids } }, change)).matchedCount
  }

  async drop(ids: string[]): Promise<number> {
    return (await this.model.deleteMany({ ...isDead, _id: { $in: ids } })).deletedCount
  }

  /** The change that makes a job a dead letter. It is due when it has been kept long enough. */
  fieldsOf(failed: Pick<Job, 'tries' | 'claim' | 'lastError'>): Partial<Doc> {
    const { deadFields, keepDeadMs = KEEP_MS } = this.options
    const now = Date.now()
    const dead = { deadAt: new Date(now), dueAt: new Date(now + keepDeadMs) }
    return { ...deadFields, ...failed, ...dead } as Partial<Doc>
  }
}
