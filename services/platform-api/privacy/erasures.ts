import { setTimeout as delay } from 'node:timers/promises'
import { eachJob, exponential, insertMissing, JobStore, JobWorker, type Lease, newJob } from '@chat/service'
import type { Idempotency } from '../http/idempotency.ts'
import type { ErasureDoc, Store } from '../store.ts'
import { eraseInDeliveries } from '../webhooks/erasure.ts'
import type { WebhookControl } from '../webhooks/parts.ts'
import { namesOf } from './erased-names.ts'

/**
 * One step per service that stores something about users; each may be repeated. The user leaves all rooms first.
 * `webhooks` stores what the services before it publish. `eraseUserInRooms` deletes the user from the directory; the
 * last step deletes the list of the messages that mentioned them.
 */
const steps = [
  'expelUser',
  'eraseUserInMessages',
  'eraseUserInFiles',
  'eraseUserInPushes',
  'eraseUserInRooms',
  'webhooks',
  'forgetErasedMentions',
] as const

const POLL_MS = 5_000
const MAX_AT_ONCE = 10
const BACKOFF = exponential({ firstMs: 2_000, maxMs: 60_000 })
/** How long a request waits for the end, and how often it looks. */
const WAIT_MS = 25_000
const WAIT_POLL_MS = 100

type Parts = Pick<WebhookControl, 'deliveries' | 'failedEvents' | 'bus' | 'logger' | 'metrics'> & {
  store: Store['erasures']
  idempotency: Idempotency
}

/** Erases users, step by step. Another instance continues an erasure whose instance has stopped. */
export class Erasures {
  private readonly parts: Parts
  readonly jobs: JobStore<ErasureDoc>
  private readonly worker: JobWorker<ErasureDoc>

  constructor(parts: Parts) {
    const { store: model, logger, metrics } = parts
    this.parts = parts
    this.jobs = new JobStore({ kind: 'erasure', model, metrics, backoff: BACKOFF })
    const run = eachJob<ErasureDoc>((job, lease) => this.run(job, lease))
    this.worker = new JobWorker({ jobs: this.jobs, logger, run, pollMs: POLL_MS, concurrency: MAX_AT_ONCE })
  }

  close = () => this.worker.close()

  /** RUNNING: another instance works on it, or it takes longer than 25 s. A user need not exist to be erased. */
  async erase(userId: string): Promise<'DONE' | 'RUNNING'> {
    const { store } = this.parts
    const job = await store.findById(userId).lean()
    if (job?.claim && job.dueAt > new Date()) return 'RUNNING'
    if (job) await store.updateOne({ _id: userId, claim: null }, { $set: { dueAt: new Date() } })
    else await this.insert(userId)
    this.worker.wake()
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await delay(WAIT_POLL_MS))
      if (!(await store.exists({ _id: userId }))) return 'DONE'
    return 'RUNNING'
  }

  private async insert(userId: string) {
    // A step deletes the name from the directory.
    const names = await namesOf(this.parts.bus, userId)
    const job = { _id: userId, ...newJob(), names, step: 0, cursor: null, createdAt: new Date() }
    await insertMissing(this.parts.store, [job])
  }

  private async run(job: ErasureDoc, { signal }: Lease<ErasureDoc>): Promise<undefined> {
    // A step may be long. It is left alone at a stop, and repeated by the instance that continues.
    const aborted = Promise.withResolvers<never>()
    aborted.promise.catch(() => {})
    signal.addEventListener('abort', () => aborted.reject(signal.reason))
    for (let current = job; current.step < steps.length; ) {
      const cursor = await Promise.race([this.runStep(current), aborted.promise])
      const next = cursor === null ? current.step + 1 : current.step
      current = await this.jobs.update(current, { step: next, cursor })
    }
    await this.parts.idempotency.forget(job._id, job.names?.nickName)
  }

  /** @returns the cursor to continue the step from; null at its end */
  private async runStep({ _id: userId, step, names, cursor, claim }: ErasureDoc): Promise<string | null> {
    const { bus } = this.parts
    const caller = { userId: '', requestId: claim ?? '' }
    const operation = steps[step] as (typeof steps)[number]
    if (operation === 'webhooks') {
      await eraseInDeliveries(this.parts, caller, { userId, ...names })
      return null
    }
    const answer = await bus.ask(operation, caller, { userId, ...names, ...(cursor !== null && { cursor }) })
    return 'nextCursor' in answer ? answer.nextCursor : null
  }
}
