/**
 * Whether the server's data are others than those that were known: numbers of before mean other messages. A server or a
 * cache of an earlier version tells none.
 */
export const isOtherEpoch = (known: string | undefined, told: string | undefined) =>
  known !== undefined && told !== undefined && known !== told
