import { Fault } from '@chat/contract'

/** The acting user where a platform acts. Edges accept no user by that id. */
export const PLATFORM = ''

/** The acting user in events for webhooks: null for the platform. */
export const actorOf = (userId: string) => userId || null

/** Each user once, without the caller and those to whom it does not apply. @throws WRONG_TARGET_USER_IDS if none is left */
export function targetsOf(callerId: string, userIds: string[], applies: (userId: string) => boolean) {
  const targets = [...new Set(userIds)].filter((userId) => userId !== callerId && applies(userId))
  if (targets.length === 0) throw new Fault('WRONG_TARGET_USER_IDS')
  return targets
}
