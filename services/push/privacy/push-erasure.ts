import type { Input } from '@chat/contract'
import { type StoredTask, withoutUser } from '../delivery/notice.ts'
import type { Parts } from '../parts.ts'
import { refreshNotices } from '../tasks/latest-notices.ts'

const BUDGET_MS = 20_000
const PAGE = 500

/** Reads all tasks and receipts, which have no index by user. Devices go last, since receipts name them. */
export async function eraseUser(parts: Parts, { cursor, ...erased }: Input<'eraseUserInPushes'>) {
  const { devices, preferences, receipts, failedEvents } = parts
  const { userId } = erased
  const until = performance.now() + BUDGET_MS
  if (cursor === undefined) {
    await eraseInTasks(parts, userId)
    await failedEvents.erase(erased)
  }
  const deviceIds = new Set((await devices.ofUsers([userId])).map(({ _id }) => _id))
  let after = cursor ?? null
  do {
    after = deviceIds.size > 0 ? await receipts.removeDevices(deviceIds, after, PAGE) : null
  } while (after !== null && performance.now() < until)
  if (after !== null) return { nextCursor: after }
  await devices.removeAll(userId)
  await preferences.remove(userId)
  return { nextCursor: null }
}

async function eraseInTasks({ tasks, bus }: Parts, userId: string) {
  for (let after: string | null = ''; after !== null; ) {
    const page: StoredTask[] = await tasks.page(after, PAGE)
    const erased = page.map((task) => ({ task, left: withoutUser(task, userId) }))
    const changed = erased.flatMap(({ task, left }) => (left !== null && left !== task ? left : []))
    const emptied = changed.filter(({ notice }) => notice.body === '')
    await refreshNotices(bus, emptied)
    for (const task of changed) await tasks.rewrite(task)
    await tasks.delete(erased.flatMap(({ task, left }) => (left === null ? task._id : [])))
    after = page.length === PAGE ? (page.at(-1)?._id ?? null) : null
  }
}

export async function collectUser({ devices, preferences }: Parts, userId: string) {
  const own = await devices.ofUsers([userId])
  const mentionAlarm = (await preferences.wantMentions([userId])).has(userId)
  const preference = { kind: 'preference', value: { mentionAlarm } }
  return {
    records: [...own.map((device) => ({ kind: 'device', value: { ...device } })), preference],
    nextCursor: null,
  }
}
