import { chunksOf, Periodic } from '@chat/service'
import type { Parts } from '../parts.ts'

const USERS_AT_ONCE = 500
const RETRY_DELAYS_MS = [1_000, 4_000]

/** A silent push updates the badges of a user who has read on another device. The next push corrects a lost one. */
export function startBadgeUpdates(parts: Parts) {
  const { devices, logger, times } = parts
  let readers = new Set<string>()
  const update = async () => {
    const userIds = readers
    readers = new Set()
    if (userIds.size === 0 || !(await devices.areUsed())) return
    for (const chunk of chunksOf(userIds, USERS_AT_ONCE)) await updateBadges(parts, chunk)
  }
  const periodic = new Periodic(times.badgeMs, update, (err) => logger.warn({ err }, 'badges not updated'))
  return { add: (userId: string) => readers.add(userId), close: () => periodic.close() }
}

async function updateBadges({ devices, badges, delivery }: Parts, userIds: string[]) {
  const badged = await devices.badgedOf(userIds)
  if (badged.length === 0) return
  const counts = await badges.recount([...new Set(badged.map(({ userId }) => userId))])
  const pushes = badged.map((device) => ({
    device,
    content: { kind: 'badge' as const, badge: counts.get(device.userId) ?? 0 },
  }))
  await delivery.deliver(pushes, RETRY_DELAYS_MS)
}
