import { errors, Fault } from '@chat/contract'
import { LRUCache } from 'lru-cache'

const MAX_AGE_MS = 30_000
const MAX_ANSWERS = 50_000
/** An answer that is used after this part of its age is renewed in the background. */
const RENEWED_AFTER = 2 / 3

/**
 * Answers of another service, never older than `maxAgeMs`. Requests under way are shared, but not with callers that come
 * after a `delete`. Whoever uses an answer often waits for the first request only.
 */
export class AnswerCache<T> extends LRUCache<string, Promise<T>> {
  private readonly renewing = new Set<string>()

  constructor(max = MAX_ANSWERS, maxAgeMs = MAX_AGE_MS, clock: { now: () => number } = performance) {
    super({ max, ttl: maxAgeMs, perf: clock })
  }

  of(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.get(key)
    if (!known) return this.request(key, ask)
    const isOld = this.getRemainingTTL(key) < this.ttl * (1 - RENEWED_AFTER)
    if (isOld && !this.renewing.has(key)) void this.renew(key, known, ask)
    return known
  }

  private request(key: string, ask: () => Promise<T>): Promise<T> {
    const answer = ask()
    this.set(key, answer)
    answer.catch(() => {
      if (this.peek(key) === answer) this.delete(key)
    })
    return answer
  }

  /** The known answer serves until its own end, unless the other service refuses now. */
  private async renew(key: string, known: Promise<T>, ask: () => Promise<T>) {
    this.renewing.add(key)
    // An answer is as old as its request.
    const start = this.perf.now()
    const answer = ask()
    try {
      await answer
      if (this.peek(key) === known) this.set(key, answer, { start })
    } catch (error) {
      const isRefusal = error instanceof Fault && !errors[error.code].retryable
      if (isRefusal && this.peek(key) === known) this.delete(key)
    } finally {
      this.renewing.delete(key)
    }
  }
}
