import { setTimeout as delay } from 'node:timers/promises'
import type { Bus, Logger } from '@chat/service'
import type { Idempotency } from '../http/idempotency-store.ts'
import type { ErasureDoc, Store } from '../store.ts'
import type { WebhookErasure as WebhookErasing } from '../webhooks/erasure.ts'
import { namesOf } from './erased-names.ts'

/**
 * What erases a person, in this order: out of every room first, out of the directory last. Each may be done again, and
 * answers where to go on. A service that keeps something about people joins here, and in exporting.ts. What is kept here
 * is made of what services tell, and goes after theirs; where they were mentioned is known until then.
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

/** Longer than any step takes. */
const HELD_MS = 90_000
const LOOK_MS = 5_000
const PAUSE_MS = 2_000
const CLOSE_MS = 2_000
/** How long a request waits for the end. */
const WAIT_MS = 25_000

type Parts = {
  store: Store['erasures']
  idempotency: Idempotency
  webhooks: WebhookErasing
  bus: Bus
  logger: Logger
}

/** People who are being erased. What a death interrupts, the next process that looks goes on with. */
export class Erasures {
  private readonly parts: Parts
  private readonly timer: NodeJS.Timeout
  private readonly running = new Set<Promise<unknown>>()
  private isClosed = false

  constructor(parts: Parts) {
    this.parts = parts
    this.timer = setInterval(() => void this.look(), LOOK_MS)
  }

  async close() {
    this.isClosed = true
    clearInterval(this.timer)
    // A step may be long, and is done again by whoever goes on.
    await Promise.race([Promise.allSettled(this.running), delay(CLOSE_MS)])
  }

  /** Resolves at the end, or after a while with RUNNING. Somebody unknown is erased like everybody else. */
  async erase(userId: string): Promise<'DONE' | 'RUNNING'> {
    await this.begin(userId)
    const waited = Promise.withResolvers<'RUNNING'>()
    const timer = setTimeout(() => waited.resolve('RUNNING'), WAIT_MS)
    const state = await Promise.race([this.run(userId), waited.promise])
    clearTimeout(timer)
    return state
  }

  /** The directory forgets their name on the way: it is asked for before. */
  private async begin(userId: string) {
    const { store, bus } = this.parts
    if (await store.exists({ _id: userId })) return
    const names = await namesOf(bus, userId)
    const job = { names, step: 0, cursor: null, by: '', until: new Date(0), createdAt: new Date() }
    await store.updateOne({ _id: userId }, { $setOnInsert: job }, { upsert: true })
  }

  private async look() {
    const due = this.parts.store
      .find({ until: { $lt: new Date() } }, { _id: 1 })
      .limit(10)
      .lean()
    const jobs = await due.catch((err) => {
      this.parts.logger.warn({ err }, 'erasures not looked for, will try again')
      return []
    })
    for (const { _id } of jobs) await this.run(_id)
  }

  private run(userId: string): Promise<'DONE' | 'RUNNING'> {
    const running = this.carryOut(userId)
      .catch((err) => {
        this.parts.logger.warn({ err }, 'erasure interrupted, will go on')
        return 'RUNNING' as const
      })
      .finally(() => this.running.delete(running))
    this.running.add(running)
    return running
  }

  private async carryOut(userId: string): Promise<'DONE' | 'RUNNING'> {
    const { store, idempotency } = this.parts
    const by = crypto.randomUUID()
    const free = { _id: userId, until: { $lt: new Date() } }
    let job: ErasureDoc | null = await store
      .findOneAndUpdate(free, { $set: { by, until: heldUntil() } }, { returnDocument: 'after' })
      .lean()
    if (!job) return (await store.exists({ _id: userId })) ? 'RUNNING' : 'DONE'
    try {
      while (job && job.step < steps.length && !this.isClosed) job = await this.advance(job)
    } catch (error) {
      await store.updateOne({ _id: userId, by }, { $set: { until: new Date(Date.now() + PAUSE_MS) } })
      throw error
    }
    if (!job || job.step < steps.length) {
      await store.updateOne({ _id: userId, by }, { $set: { until: new Date() } })
      return 'RUNNING'
    }
    await idempotency.forget(userId, job.names?.nickName)
    await store.deleteOne({ _id: userId, by })
    return 'DONE'
  }

  /** @returns where it stands then; null where somebody else has taken it over */
  private async advance(job: ErasureDoc): Promise<ErasureDoc | null> {
    const { _id: userId, step, by } = job
    const next = await this.carryOutStep(steps[step] as (typeof steps)[number], job)
    const at = next === null ? { step: step + 1, cursor: null } : { step, cursor: next }
    return this.parts.store
      .findOneAndUpdate(
        { _id: userId, by },
        { $set: { ...at, until: heldUntil() } },
        { returnDocument: 'after' },
      )
      .lean()
  }

  /** @returns where to go on with it; null where it is done */
  private async carryOutStep(
    step: (typeof steps)[number],
    { _id: userId, names, cursor, by }: ErasureDoc,
  ): Promise<string | null> {
    const { bus, webhooks } = this.parts
    const caller = { userId: '', requestId: by }
    if (step === 'webhooks') {
      await webhooks.erase(caller, { userId, ...names })
      return null
    }
    const input = { userId, ...names, ...(cursor !== null && { cursor }) }
    const answer = await bus.ask(step, caller, input)
    return 'nextCursor' in answer ? answer.nextCursor : null
  }
}

const heldUntil = () => new Date(Date.now() + HELD_MS)
