import { setTimeout as delay } from 'node:timers/promises'
import { Fault } from '@chat/contract'
import { hold, JobStore, LeaseLost, type Logger, type Metrics } from '@chat/service'
import type { AttemptDoc, Store } from '../store.ts'
import { digestOf } from './admission.ts'

const WAIT_MS = 25_000
const POLL_MS = 50

type Answer = NonNullable<AttemptDoc['answer']>
/** `userId` is the user in the request's path, if any. */
type Attempt = { id: string; digest: string; userId?: string | undefined }

/** Carries out a request once and answers repeats within a day with the same answer. */
export class Idempotency {
  readonly jobs: JobStore<AttemptDoc>
  private readonly attempts: Store['attempts']
  private readonly logger: Logger

  constructor(attempts: Store['attempts'], logger: Logger, metrics: Metrics) {
    this.attempts = attempts
    this.logger = logger
    const unfinished = { answer: null }
    // Versions before the job library have the end of their lease in `until`.
    const claimable = () => ({ ...unfinished, until: { $not: { $gt: new Date() } } })
    this.jobs = new JobStore({ kind: 'request', model: attempts, metrics, unfinished, claimable })
  }

  /**
   * An answer is stored; an error is not, so that the request can be sent again.
   * @throws INVALID_REQUEST for another request with the same key
   * @throws SERVICE_UNAVAILABLE where the request is still carried out elsewhere after 25 s
   */
  async once(attempt: Attempt, work: () => Promise<Answer>): Promise<Answer> {
    const claimed = await this.claim(attempt)
    if ('status' in claimed) return claimed
    return hold(this.jobs, [claimed], { logger: this.logger }, async () => {
      const answer = await work().catch(async (error) => {
        await this.jobs.finish([claimed], 'released')
        throw error
      })
      // If the lease is lost, another instance owns the attempt or it was erased. This answer is still correct.
      await this.jobs.reschedule(claimed, { answer, dueAt: new Date() }).catch((error) => {
        if (!(error instanceof LeaseLost)) throw error
      })
      return answer
    })
  }

  /**
   * Deletes answers that contain the user's id or mention them, and those about them: their tokens do not spell the id.
   * Without an index it reads the answers of one day.
   */
  async forget(userId: string, nickName = '') {
    const spelled = { 'answer.body': { $regex: RegExp.escape(JSON.stringify(userId)) } }
    const mention = JSON.stringify(`@${nickName}`).slice(1, -1)
    const mentioned = { 'answer.body': { $regex: RegExp.escape(mention), $options: 'i' } }
    const isNamed = nickName.trim() !== ''
    const found = [spelled, { about: digestOf(userId) }, ...(isNamed ? [mentioned] : [])]
    await this.attempts.deleteMany({ $or: found })
  }

  /** @returns the job of a request that is to be carried out here, else the answer */
  private async claim({ id, digest, userId }: Attempt): Promise<AttemptDoc | Answer> {
    const about = userId === undefined ? null : digestOf(userId)
    const deadline = Date.now() + WAIT_MS
    for (;;) {
      const doc = { _id: id, digest, about, answer: null, createdAt: new Date() }
      const inserted = await this.jobs.insertClaimed(doc)
      if (inserted) return inserted
      const known = await this.attempts.findById(id).lean()
      if (known && known.digest !== digest)
        throw new Fault('INVALID_REQUEST', {
          message: 'The Idempotency-Key came with another request before',
        })
      if (known?.answer) return known.answer
      const claimed = known && (await this.jobs.claim(id))
      if (claimed) return claimed
      if (Date.now() > deadline) throw new Fault('SERVICE_UNAVAILABLE')
      await delay(POLL_MS)
    }
  }
}
