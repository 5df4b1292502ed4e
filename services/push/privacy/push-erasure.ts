import type { Input, Output } from '@chat/contract'
import { type StoredTask, withoutPerson } from '../delivery/notice.ts'
import type { ReceiptStore } from '../delivery/receipt-store.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { PreferenceStore } from '../devices/preference-store.ts'
import type { LatestNotices } from '../tasks/latest-notices.ts'
import type { TaskStore } from '../tasks/task-store.ts'

/** One request may take so long; the next one continues at its cursor. */
const BUDGET_MS = 20_000
const PAGE = 500

/** Where pushes keep something about rooms and people. */
export type KeptData = {
  devices: DeviceStore
  preferences: PreferenceStore
  receipts: ReceiptStore
  tasks: TaskStore
  latestNotices: LatestNotices
}

export const purgeRoom = ({ tasks }: KeptData, roomId: string) => tasks.deleteRoom(roomId)

/**
 * Tasks and receipts have no index by user: all of them are read, in the order of their ids. The devices go last,
 * because receipts name devices.
 */
export async function eraseUser(
  kept: KeptData,
  { userId, cursor }: Input<'eraseUserInPushes'>,
): Promise<Output<'eraseUserInPushes'>> {
  const { devices, preferences, receipts } = kept
  const until = performance.now() + BUDGET_MS
  if (cursor === undefined) await eraseInTasks(kept, userId)
  const own = new Set((await devices.ofUsers([userId])).map(({ _id }) => _id))
  let after = cursor ?? null
  do {
    after = own.size > 0 ? await receipts.forgetDevices(own, after, PAGE) : null
  } while (after !== null && performance.now() < until)
  if (after !== null) return { nextCursor: after }
  await devices.removeAll(userId)
  await preferences.forget(userId)
  return { nextCursor: null }
}

async function eraseInTasks({ tasks, latestNotices }: KeptData, userId: string) {
  for (let after: string | null = ''; after !== null; ) {
    const page: StoredTask[] = await tasks.page(after, PAGE)
    const erased = page.map((task) => ({ task, left: withoutPerson(task, userId) }))
    const changed = erased.flatMap(({ task, left }) => (left !== null && left !== task ? left : []))
    await latestNotices.bringUpToDate(changed.filter(({ notice }) => notice.body === ''))
    for (const task of changed) await tasks.rewrite(task)
    await tasks.delete(erased.flatMap(({ task, left }) => (left === null ? task._id : [])))
    after = page.length === PAGE ? (page.at(-1)?._id ?? null) : null
  }
}

export async function collectUser(
  { devices, preferences }: KeptData,
  { userId }: Input<'exportUserFromPushes'>,
): Promise<Output<'exportUserFromPushes'>> {
  const own = await devices.ofUsers([userId])
  const wants = await preferences.wantMentions([userId])
  const preference = { kind: 'preference', value: { mentionAlarm: wants.has(userId) } }
  return {
    records: [...own.map((device) => ({ kind: 'device', value: { ...device } })), preference],
    nextCursor: null,
  }
}
