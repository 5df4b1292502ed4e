/** Where more items fail and none succeeds, something else than the items may be wrong. */
const MAX_POISON = 10

export type FailedItem<T> = { item: T; reason: unknown }
type Parts<T> = {
  /** Returns the items that failed, or throws: then any of them may have failed. */
  handle: (items: T[]) => Promise<FailedItem<T>[]>
  /** Whether what it throws says nothing about the items. */
  isPassing: (reason: unknown) => boolean
  /** Whether more than a few items may fail where none succeeds. */
  mayAllFail: boolean
}

/**
 * Handles a batch, and finds the items that fail by halving it.
 * @returns the failed ones @throws where nothing can be handled at the moment, such as while the database is away
 */
export async function handleInHalves<T>({ handle, isPassing, mayAllFail }: Parts<T>, batch: T[]) {
  const failures: FailedItem<T>[] = []
  let succeeded = 0
  const attempt = async (part: T[]): Promise<void> => {
    try {
      const failed = await handle(part)
      failures.push(...failed)
      succeeded += part.length - failed.length
    } catch (reason) {
      if (isPassing(reason)) throw reason
      await narrow(part, reason)
    }
  }
  const narrow = async (part: T[], reason: unknown) => {
    if (part.length > 1) {
      const middle = Math.ceil(part.length / 2)
      await attempt(part.slice(0, middle))
      return attempt(part.slice(middle))
    }
    failures.push(...part.map((item) => ({ item, reason })))
    if (!mayAllFail && succeeded === 0 && failures.length > MAX_POISON) throw reason
  }
  await attempt(batch)
  return failures
}
