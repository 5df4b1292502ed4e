import { LRUCache } from 'lru-cache'

const MAX_AGE_MS = 30_000
const MAX_ANSWERS = 50_000

/** Answers of another service. Requests under way are shared, but not with callers that come after a `drop`. */
export class AnswerCache<T> {
  private readonly answers: LRUCache<string, Promise<T>>

  constructor(max = MAX_ANSWERS, maxAgeMs = MAX_AGE_MS) {
    this.answers = new LRUCache({ max, ttl: maxAgeMs })
  }

  of(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.answers.get(key)
    if (known) return known
    const answer = ask()
    this.answers.set(key, answer)
    answer.catch(() => {
      if (this.answers.peek(key) === answer) this.answers.delete(key)
    })
    return answer
  }

  drop(key: string) {
    this.answers.delete(key)
  }

  clear() {
    this.answers.clear()
  }
}
