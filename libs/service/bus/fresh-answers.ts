import { KeyedQueue } from '@chat/contract/keyed-queue'

/**
 * Answers that may not be older than their question, however many ask at once: for each key one question is under way,
 * and all who come meanwhile share the next one.
 */
export class FreshAnswers<T> {
  private readonly lanes = new KeyedQueue()
  private readonly waiting = new Map<string, Promise<T>>()

  of(key: string, ask: () => Promise<T>): Promise<T> {
    const shared = this.waiting.get(key)
    if (shared) return shared
    const answer = this.lanes.run(key, () => {
      this.waiting.delete(key)
      return ask()
    })
    this.waiting.set(key, answer)
    return answer
  }
}
