import { Fault } from '@chat/contract'
import type { Limits } from '@chat/service'

/** A token bucket: `burst` at once, `perSecond` in the long run. */
export class Bucket {
  private readonly perSecond: number
  private readonly burst: number
  private tokens: number
  private at = performance.now()

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond
    // Below one, nothing would ever be let through.
    this.burst = Math.max(1, burst)
    this.tokens = this.burst
  }

  /** @throws RATE_LIMITED with the time until the next token */
  take() {
    const now = performance.now()
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) / 1000) * this.perSecond)
    this.at = now
    if (this.tokens < 1) {
      throw new Fault('RATE_LIMITED', {
        retryAfterMs: Math.ceil(((1 - this.tokens) / this.perSecond) * 1000),
      })
    }
    this.tokens -= 1
  }
}

/** What a user may do on this gateway, over all of their sockets. */
export const userRates = (limits: Limits) => ({
  message: new Bucket(limits.messagesPerSecond, limits.messageBurst),
  read: new Bucket(limits.readsPerSecond, limits.readBurst),
})

/** So many users are counted at a time; of others it is forgotten what they did, those who were quiet longest first. */
const MAX_COUNTED = 20_000

/** A bucket for each user where there is no session to keep it. */
export class UserBuckets {
  private readonly buckets = new Map<string, Bucket>()
  private readonly make: () => Bucket

  constructor(make: () => Bucket) {
    this.make = make
  }

  /** @throws RATE_LIMITED with the time until the next token */
  take(userId: string) {
    const bucket = this.buckets.get(userId) ?? this.make()
    this.buckets.delete(userId)
    this.buckets.set(userId, bucket)
    if (this.buckets.size > MAX_COUNTED) this.buckets.delete(this.buckets.keys().next().value as string)
    bucket.take()
  }
}

/**
 * Files that a user fetches by their addresses: apart from reads, and more of them, since a page shows tens of pictures
 * at once and none of them waits and asks again.
 */
export const fileRates = (limits: Limits) =>
  new UserBuckets(() => new Bucket(limits.eventsPerSecond, limits.eventBurst))

/** What one connection may do besides. */
export const connectionRate = (limits: Limits) => new Bucket(limits.eventsPerSecond, limits.eventBurst)
