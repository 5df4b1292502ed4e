const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** In milliseconds. */
export const defaultTimes = {
  answer: 15 * SECOND,
  /** From one try of a delivery to the next; the last one repeats until `giveUp`. */
  delays: [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR],
  /** A delivery that has failed for so long is not tried again. */
  giveUp: DAY,
  /** The pause of a failing endpoint: the first one, and the longest. */
  pause: SECOND,
  maxPause: MINUTE,
  /** The longest pause that an endpoint gets with Retry-After. */
  maxRetryAfter: HOUR,
  /** A webhook whose deliveries have failed for so long is disabled. */
  disable: 5 * DAY,
  /** How long a replaced secret still signs. */
  rotation: DAY,
  /** How often each instance looks for due deliveries. */
  poll: SECOND,
  /** The work of an instance that has sent no heartbeat for so long is taken over. */
  lease: 10 * SECOND,
}
export type Times = typeof defaultTimes

/** ±25 %, so that what failed together is not retried together. */
export const jittered = (ms: number) => ms * (0.75 + Math.random() / 2)
