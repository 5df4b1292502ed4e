import { Fault } from '@chat/contract'
import { LRUCache } from 'lru-cache'

/** `burst` tokens at once, `perSecond` in the long run. */
export type TokenRate = { perSecond: number; burst: number }

export class TokenBucket {
  private readonly perSecond: number
  private readonly burst: number
  private tokens: number
  private filledAt = performance.now()

  constructor({ perSecond, burst }: TokenRate) {
    this.perSecond = perSecond
    // Below one, the bucket would never let anything through.
    this.burst = Math.max(1, burst)
    this.tokens = this.burst
  }

  /** @throws RATE_LIMITED with the time until the next token */
  take() {
    this.fill()
    if (this.tokens < 1) throw new Fault('RATE_LIMITED', { retryAfterMs: this.msUntil(1) })
    this.tokens -= 1
  }

  get state() {
    this.fill()
    return { remaining: Math.floor(this.tokens), resetMs: this.msUntil(this.burst) }
  }

  private fill() {
    const now = performance.now()
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.filledAt) / 1000) * this.perSecond)
    this.filledAt = now
  }

  private msUntil(tokens: number) {
    return Math.ceil(((tokens - this.tokens) / this.perSecond) * 1000)
  }
}

const MAX_KEYS = 20_000

/** A bucket per key, at the same rate. Beyond the maximum, the keys unused for longest are forgotten. */
export class TokenBuckets {
  private readonly buckets: LRUCache<string, TokenBucket>

  constructor(rate: TokenRate) {
    this.buckets = new LRUCache({ max: MAX_KEYS, memoMethod: () => new TokenBucket(rate) })
  }

  of(key: string): TokenBucket {
    return this.buckets.memo(key)
  }

  take(key: string) {
    this.of(key).take()
  }
}
