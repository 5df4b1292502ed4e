const MAX_AGE_MS = 30_000
const MAX_KEPT = 50_000

type Entry<T> = { answer: Promise<T>; at: number }

/**
 * Answers of another service, kept until they are dropped or 30 s old. One that is dropped while it is on its way is
 * not given to those who ask later.
 */
export class AnswerCache<T> {
  private readonly entries = new Map<string, Entry<T>>()
  private readonly maxKept: number

  constructor(maxKept = MAX_KEPT) {
    this.maxKept = maxKept
  }

  of(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.entries.get(key)
    if (known && performance.now() - known.at < MAX_AGE_MS) return known.answer
    if (this.entries.size >= this.maxKept) this.entries.clear()
    const entry = { answer: ask(), at: performance.now() }
    this.entries.set(key, entry)
    entry.answer.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key)
    })
    return entry.answer
  }

  drop(key: string) {
    this.entries.delete(key)
  }

  clear() {
    this.entries.clear()
  }
}
