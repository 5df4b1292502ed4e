import { KeyedQueue } from '@chat/contract/keyed-queue'

/**
 * Shares requests whose answers may not be older than the call: per key one request is under way, and all calls made
 * meanwhile share the next one.
 */
export class FreshAnswers<T> {
  private readonly queue = new KeyedQueue()
  private readonly waiting = new Map<string, Promise<T>>()

  of(key: string, ask: () => Promise<T>): Promise<T> {
    const shared = this.waiting.get(key)
    if (shared) return shared
    const answer = this.queue.run(key, () => {
      this.waiting.delete(key)
      return ask()
    })
    this.waiting.set(key, answer)
    return answer
  }
}
