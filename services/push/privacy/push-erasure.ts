import type { Input, Output } from '@chat/contract'
import { type Kept, withoutPerson } from '../delivery/notice.ts'
import type { ReceiptStore } from '../delivery/receipt-store.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { PreferenceStore } from '../devices/preference-store.ts'
import type { DeadLetterStore } from '../tasks/dead-letter-store.ts'
import type { DeadLetters } from '../tasks/dead-letters.ts'
import type { LatestNotices } from '../tasks/latest-notices.ts'
import type { TaskStore } from '../tasks/task-store.ts'

/** What one request may cost; the next one goes on where it stopped. */
const BUDGET_MS = 20_000
const PAGE = 500

/** Where something waits to be told. */
type Waiting = Pick<TaskStore & DeadLetterStore, 'rewrite'> & {
  page: (after: string, limit: number) => Promise<Kept[]>
  finish: (ids: string[]) => Promise<unknown>
}
type Parts = {
  devices: DeviceStore
  preferences: PreferenceStore
  receipts: ReceiptStore
  tasks: TaskStore
  setAside: DeadLetterStore
  settingAside: DeadLetters
  latestNotices: LatestNotices
}

/** What becomes of pushes when a room or a person goes away. */
export class PushErasure {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  async purgeRoom(roomId: string): Promise<void> {
    const { tasks, setAside, settingAside } = this.parts
    await tasks.deleteRoom(roomId)
    await setAside.deleteRoom(roomId)
    await settingAside.measure()
  }

  /**
   * No index leads from a person to what waits, or to what was sent: it is looked through in the order of its ids. Their
   * devices go last, since receipts are known by them.
   */
  async eraseUser({ userId, cursor }: Input<'eraseUserInPushes'>): Promise<Output<'eraseUserInPushes'>> {
    const { devices, preferences, receipts, tasks, setAside, settingAside } = this.parts
    const until = performance.now() + BUDGET_MS
    if (cursor === undefined) {
      for (const waiting of [tasks, setAside]) await this.eraseIn(waiting, userId)
      await settingAside.measure()
    }
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

  async collect({ userId }: Input<'exportUserFromPushes'>): Promise<Output<'exportUserFromPushes'>> {
    const { devices, preferences } = this.parts
    const own = await devices.ofUsers([userId])
    const wants = await preferences.wantMentions([userId])
    const preference = { kind: 'preference', value: { mentionAlarm: wants.has(userId) } }
    return {
      records: [...own.map((device) => ({ kind: 'device', value: { ...device } })), preference],
      nextCursor: null,
    }
  }

  private async eraseIn(waiting: Waiting, userId: string) {
    for (let after: string | null = ''; after !== null; ) {
      const page: Kept[] = await waiting.page(after, PAGE)
      const left = page.map((kept) => ({ kept, now: withoutPerson(kept, userId) }))
      const changed = left.flatMap(({ kept, now }) => (now !== null && now !== kept ? now : []))
      await this.parts.latestNotices.bringUpToDate(changed.filter(({ notice }) => notice.body === ''))
      for (const kept of changed) await waiting.rewrite(kept)
      await waiting.finish(left.flatMap(({ kept, now }) => (now === null ? kept._id : [])))
      after = page.length === PAGE ? (page.at(-1)?._id ?? null) : null
    }
  }
}
