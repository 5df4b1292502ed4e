/** Numbered items, handed on in order and each once: repeats are dropped, and what comes early waits for the rest. */
export class OrderedQueue<T> {
  /** Everything up to here has been handed on; null until it is known where to begin. */
  at: number | null = null
  private readonly waiting = new Map<number, T>()
  private readonly handOn: (item: T) => void

  constructor(handOn: (item: T) => void) {
    this.handOn = handOn
  }

  /** Whether something has come while what is before it has not. */
  get hasGap() {
    return this.at !== null && this.waiting.size > 0
  }

  /** Only the first beginning counts. */
  startAt(number: number) {
    this.at ??= number
    this.advance()
  }

  take(number: number, item: T) {
    if (this.at !== null && number <= this.at) return
    this.waiting.set(number, item)
    this.advance()
  }

  private advance() {
    if (this.at === null) return
    for (const number of this.waiting.keys()) if (number <= this.at) this.waiting.delete(number)
    for (let next = this.waiting.get(this.at + 1); next !== undefined; next = this.waiting.get(this.at + 1)) {
      this.at += 1
      this.waiting.delete(this.at)
      this.handOn(next)
    }
  }
}
