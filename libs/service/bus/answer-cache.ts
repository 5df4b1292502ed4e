import { LRUCache } from 'lru-cache'

const MAX_AGE_MS = 30_000
const MAX_ANSWERS = 50_000

/** Answers of another service. Requests under way are shared, but not with callers that come after a `delete`. */
export class AnswerCache<T> extends LRUCache<string, Promise<T>> {
  constructor(max = MAX_ANSWERS, maxAgeMs = MAX_AGE_MS) {
    super({ max, ttl: maxAgeMs })
  }

  of(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.get(key)
    if (known) return known
    const answer = ask()
    this.set(key, answer)
    answer.catch(() => {
      if (this.peek(key) === answer) this.delete(key)
    })
    return answer
  }
}
