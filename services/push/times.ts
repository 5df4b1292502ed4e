/** How long things take here, in ms. Tests shorten them. */
export const defaultTimes = {
  /** A phone that lost its network looks connected until about then. */
  secondLookMs: 45_000,
  /** How often what is due is looked for. */
  roundMs: 1_000,
  /** How long edges may take to tell who has a room open; a missing answer costs an extra push, never a lost one. */
  presenceMs: 200,
  /** How often, at most, what a user has not read is counted; and how long a badge trails reading elsewhere. */
  badgeMs: 2_000,
  /** Between one try and the next. After as many tries, and one more, a message's pushes are put aside. */
  triesMs: [2_000, 10_000, 30_000, 120_000],
}
export type Times = typeof defaultTimes
