import { Fault } from '@chat/contract'

/** Who acts where a platform does: nobody in the room. Edges let nobody in by that name. */
export const PLATFORM = ''

/**
 * The users that an operation acts on: each once, oneself never, those to whom it does not apply skipped.
 * @throws WRONG_TARGET_USER_IDS where none is left
 */
export function targetsOf(
  callerId: string,
  userIds: string[],
  applies: (userId: string) => boolean,
): string[] {
  const targets = [...new Set(userIds)].filter((userId) => userId !== callerId && applies(userId))
  if (targets.length === 0) throw new Fault('WRONG_TARGET_USER_IDS')
  return targets
}
