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

/** What one connection may do besides. */
export const connectionRate = (limits: Limits) => new Bucket(limits.eventsPerSecond, limits.eventBurst)
