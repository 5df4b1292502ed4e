const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** In milliseconds. */
export const defaultTimes = {
  /** How long a receiver may take to answer. */
  answer: 15 * SECOND,
  /** Between one try of a delivery and the next; the last one goes on until it is given up. */
  delays: [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR],
  /** After that a delivery that fails is tried no more. */
  giveUp: DAY,
  /** How long a receiver that nothing gets to is left alone, at first and at most. */
  pause: SECOND,
  longestPause: MINUTE,
  /** What a receiver may ask for with Retry-After. */
  longestWish: HOUR,
  /** A webhook with nothing but failures for so long is disabled. */
  disable: 5 * DAY,
  /** A secret that was replaced signs for so long. */
  rotation: DAY,
  /** How often one looks for what is due. */
  look: SECOND,
  /** Who says nothing for so long is dead, and the work is another's. */
  held: 10 * SECOND,
}
export type Times = typeof defaultTimes

/** Those who failed together do not come back together. */
export const jittered = (ms: number) => ms * (0.75 + Math.random() / 2)
