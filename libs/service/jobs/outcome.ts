import type { Job } from './job.ts'
import type { Lease } from './lease.ts'

/** A job that is done, stays and is due again at `dueAt`. */
export type Reschedule<Doc extends Job> = Partial<Doc> & { dueAt: Date }
export type Outcome<Doc extends Job> = { error: unknown } | { reschedule: Reschedule<Doc> }
/** A job without an outcome is done and is deleted. */
export type Outcomes<Doc extends Job> = Map<Doc, Outcome<Doc>>

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
