import { KeyedQueue } from '@chat/contract/keyed-queue'

/** Shares answers that may not be older than the call: calls made while a key's request is under way share the next. */
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
