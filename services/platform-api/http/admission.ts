import { createHash, timingSafeEqual } from 'node:crypto'
import { Fault } from '@chat/contract'
import { type TokenBucket, TokenBuckets } from '@chat/service'
import type { Context, Next } from 'koa'

/** Requests that one API key may send to this process in that time: a burst of them at once, or evenly spread. */
export type Rate = { requests: number; seconds: number }
const DEFAULT_RATE: Rate = { requests: 1_000, seconds: 10 }

const POLICY = 'per-key'

/** Lets requests in that carry one of the keys, and limits them by key. @throws UNAUTHORIZED or RATE_LIMITED */
export function admit(apiKeys: string[], rate = DEFAULT_RATE) {
  const known = apiKeys.map((key) => Buffer.from(digestOf(key)))
  const buckets = new TokenBuckets({ perSecond: rate.requests / rate.seconds, burst: rate.requests })
  return async (context: Context, next: Next) => {
    const given = digestOf(context.get('chat-api-key'))
    // Every key is compared, in constant time.
    const matches = known.map((key) => timingSafeEqual(key, Buffer.from(given)))
    if (!matches.includes(true)) throw new Fault('UNAUTHORIZED')
    context.state.apiKey = given
    const bucket = buckets.of(given)
    try {
      bucket.take()
    } finally {
      context.set(rateHeaders(rate, bucket.state))
    }
    await next()
  }
}

/**
 * The header fields of draft-ietf-httpapi-ratelimit-headers-10, of a refusal too: the policy's quota and window, what
 * remains of the quota, and the seconds until it is whole again.
 */
const rateHeaders = ({ requests, seconds }: Rate, { remaining, resetMs }: TokenBucket['state']) => ({
  'ratelimit-policy': `"${POLICY}";q=${requests};w=${seconds}`,
  ratelimit: `"${POLICY}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`,
})

export const digestOf = (...parts: string[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
