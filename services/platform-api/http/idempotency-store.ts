import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Fault } from '@chat/contract'
import { isDuplicate } from '@chat/service'
import type { AttemptDoc, Store } from '../store.ts'

/** Longer than any POST takes: who holds one longer has died. */
const HELD_MS = 30_000
const WAIT_MS = 25_000
const POLL_MS = 50

export type Answer = NonNullable<AttemptDoc['answer']>
/** `userId`: whom it is about, where its path names somebody. */
type Attempt = { id: string; digest: string; userId?: string | undefined }

export const digestOf = (...parts: string[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url')

/** Carries out a request once, however often it is sent, and answers its repeats alike for a day. */
export class Idempotency {
  private readonly store: Store['attempts']
  constructor(store: Store['attempts']) {
    this.store = store
  }

  /**
   * What may succeed later is not kept, so that it can be sent again.
   * @throws INVALID_REQUEST for another request with the same key
   */
  async once(attempt: Attempt, work: () => Promise<Answer>): Promise<Answer> {
    const by = crypto.randomUUID()
    const known = await this.take(attempt, by)
    if (known) return known
    const answer = await work().catch(async (error) => {
      await this.store.deleteOne({ _id: attempt.id, by })
      throw error
    })
    await this.store.updateOne({ _id: attempt.id, by }, { $set: { answer } })
    return answer
  }

  /**
   * Answers that speak of somebody who is erased, or are theirs though they do not spell it: a token's holder cannot be
   * read in it; nor that somebody else has quoted what mentions them. There is no index for it: of a day's answers all are looked at.
   */
  async forget(userId: string, nickName = '') {
    const spelled = { 'answer.body': { $regex: RegExp.escape(JSON.stringify(userId)) } }
    const named = { 'answer.body': { $regex: RegExp.escape(mentionOf(nickName)), $options: 'i' } }
    const isNamed = nickName.trim() !== ''
    await this.store.deleteMany({ $or: [spelled, { about: digestOf(userId) }, ...(isNamed ? [named] : [])] })
  }

  /** @returns null where it is ours to carry out, else how it ended */
  private async take(attempt: Attempt, by: string): Promise<Answer | null> {
    const { id, digest } = attempt
    const deadline = Date.now() + WAIT_MS
    for (;;) {
      if (await this.begin(attempt, by)) return null
      const known = await this.store.findById(id).lean()
      if (known && known.digest !== digest)
        throw new Fault('INVALID_REQUEST', {
          message: 'The Idempotency-Key came with another request before',
        })
      if (known?.answer) return known.answer
      if (known && known.until.getTime() < Date.now() && (await this.takeOver(known, by))) return null
      if (Date.now() > deadline) throw new Fault('SERVICE_UNAVAILABLE')
      await delay(POLL_MS)
    }
  }

  private async begin({ id: _id, digest, userId }: Attempt, by: string): Promise<boolean> {
    const about = userId === undefined ? null : digestOf(userId)
    const doc = { _id, digest, about, by, until: heldUntil(), answer: null, createdAt: new Date() }
    try {
      await this.store.collection.insertOne(doc as never)
      return true
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
  }

  private async takeOver(dead: AttemptDoc, by: string): Promise<boolean> {
    const { matchedCount } = await this.store.updateOne(
      { _id: dead._id, by: dead.by, answer: null },
      { $set: { by, until: heldUntil() } },
    )
    return matchedCount > 0
  }
}

/** As it stands within JSON. */
const mentionOf = (nickName: string) => JSON.stringify(`@${nickName}`).slice(1, -1)

const heldUntil = () => new Date(Date.now() + HELD_MS)
