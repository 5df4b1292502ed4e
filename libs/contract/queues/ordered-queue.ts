type Versioned = { updatedAt: string }

type OrderedQueueOptions<T> = {
  /** Gets each item once, in the order of the numbers. False leaves the item in the queue until the next call. */
  deliver: (item: T) => unknown
  /** Gets the later states of items that were delivered before. */
  update?: (item: T) => void
  /** Items that may wait behind a gap. One more is dropped: `isBehind` stays true until it is fetched. */
  maxWaiting?: number
}

/** The later state of an item counts; of two equal ones the second, which may have newer counters. */
export const supersedes = (coming: Versioned, known: Versioned | undefined) =>
  !known || !(known.updatedAt > coming.updatedAt)

/**
 * Puts numbered items in order: an item that comes early waits for those before it, and a repeat is dropped.
 * A caller that sees a gap (`isBehind`) fetches what is missing.
 */
export class OrderedQueue<T extends Versioned> {
  /** The number of the last delivered item; null until `startAt`. */
  last: number | null = null
  /** The highest number that is known to exist. */
  private end = 0
  private readonly waiting = new Map<number, T>()
  private readonly options: OrderedQueueOptions<T>

  constructor(options: OrderedQueueOptions<T>) {
    this.options = options
  }

  get isBehind(): boolean {
    return this.last !== null && this.last < this.end
  }

  /** Delivery begins after this number. A second call changes nothing. */
  startAt(number: number) {
    this.last ??= number
    this.advance()
  }

  /** The sequence ends here now, as after a restore from a backup: what waits is dropped. */
  restartAt(number: number) {
    this.waiting.clear()
    this.end = number
    this.last = number
  }

  /** Items up to this number exist. */
  expect(number: number) {
    this.end = Math.max(this.end, number)
  }

  /** @returns false where the item was dropped because too many wait */
  take(number: number, item: T): boolean {
    this.expect(number)
    const { maxWaiting = 1_000 } = this.options
    const isNext = this.last !== null && number <= this.last + 1
    const hasRoom = isNext || this.waiting.has(number) || this.waiting.size < maxWaiting
    if (hasRoom) this.keep(number, item)
    this.advance()
    return hasRoom
  }

  /** A later state: an update of a delivered item, else it replaces the item. @returns as `take` */
  revise(number: number, item: T): boolean {
    if (this.last === null || number > this.last) return this.take(number, item)
    this.options.update?.(item)
    return true
  }

  /** A page that was fetched, in order. Numbers that are missing between its items no longer exist. */
  fill(page: readonly (readonly [number, T])[]) {
    for (const [number, item] of page) this.keep(number, item)
    this.deliverUpTo(page.at(-1)?.[0] ?? 0)
    this.advance()
  }

  /** The missing numbers cannot be had: delivers what waits and goes on after the last known number. */
  skipGaps() {
    this.deliverUpTo(this.end)
    if (this.last !== null) this.last = Math.max(this.last, this.end)
  }

  private keep(number: number, item: T) {
    if (supersedes(item, this.waiting.get(number))) this.waiting.set(number, item)
  }

  private advance() {
    if (this.last === null) return
    for (const number of this.waiting.keys()) if (number <= this.last) this.waiting.delete(number)
    let isDelivered = true
    while (isDelivered) isDelivered = this.deliver(this.last + 1)
  }

  private deliverUpTo(end: number) {
    const { last } = this
    if (last === null) return
    const numbers = [...this.waiting.keys()].filter((number) => number > last && number <= end)
    for (const number of numbers.sort((a, b) => a - b)) if (!this.deliver(number)) return
  }

  /** @returns whether the item was there and is delivered now */
  private deliver(number: number): boolean {
    const item = this.waiting.get(number)
    if (!item || this.last === null) return false
    const before = this.last
    this.last = number
    if (this.options.deliver(item) === false) {
      this.last = before
      return false
    }
    this.waiting.delete(number)
    return true
  }
}
