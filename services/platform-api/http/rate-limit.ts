import { Fault } from '@chat/contract'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/** How many requests of one key this process takes in so many seconds. */
export type Rate = { requests: number; seconds: number }
export const DEFAULT_RATE: Rate = { requests: 1_000, seconds: 10 }

const POLICY = 'per-key'

/**
 * Counts requests by API key. Header fields as draft-ietf-httpapi-ratelimit-headers-10 has them: the policy's quota and
 * window, what remains of it, and the seconds until it is whole again.
 */
export function createRates({ requests, seconds }: Rate) {
  const limiter = new RateLimiterMemory({ points: requests, duration: seconds })
  const fieldsOf = ({ remainingPoints, msBeforeNext }: RateLimiterRes) => ({
    'ratelimit-policy': `"${POLICY}";q=${requests};w=${seconds}`,
    ratelimit: `"${POLICY}";r=${Math.max(0, remainingPoints)};t=${Math.ceil(msBeforeNext / 1000)}`,
  })
  /** @param tell is given the header fields, of a refusal too @throws RATE_LIMITED */
  return async (key: string, tell: (fields: Record<string, string>) => void): Promise<void> => {
    const state = await limiter.consume(key).catch((refused: unknown) => {
      if (refused instanceof RateLimiterRes) return refused
      throw refused
    })
    tell(fieldsOf(state))
    if (state.consumedPoints > requests) throw new Fault('RATE_LIMITED', { retryAfterMs: state.msBeforeNext })
  }
}
