import { TokenBuckets } from '@chat/service'

/** Requests that one API key may send to this process in that time: a burst of them at once, or evenly spread. */
export type Rate = { requests: number; seconds: number }
export const DEFAULT_RATE: Rate = { requests: 1_000, seconds: 10 }

const POLICY = 'per-key'

/**
 * Limits requests by API key. The header fields are those of draft-ietf-httpapi-ratelimit-headers-10: the policy's quota
 * and window, what remains of the quota, and the seconds until it is whole again.
 */
export function createRateLimit({ requests, seconds }: Rate) {
  const buckets = new TokenBuckets({ perSecond: requests / seconds, burst: requests })
  /** @param setHeaders gets the header fields, of a refusal too @throws RATE_LIMITED */
  return (key: string, setHeaders: (fields: Record<string, string>) => void): void => {
    const bucket = buckets.of(key)
    try {
      bucket.take()
    } finally {
      const { remaining, resetMs } = bucket.state
      setHeaders({
        'ratelimit-policy': `"${POLICY}";q=${requests};w=${seconds}`,
        ratelimit: `"${POLICY}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`,
      })
    }
  }
}
