import type { Logger } from '@chat/service'
import type { PushDelivery } from '../delivery/push-delivery.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { Devices } from '../devices/devices.ts'
import type { Badges } from './badges.ts'

const USERS_AT_ONCE = 500
const RETRIES_MS = [1_000, 4_000]

type Parts = {
  devices: Devices
  store: DeviceStore
  badges: Badges
  pushDelivery: PushDelivery
  logger: Logger
  everyMs: number
}

/**
 * What is read on one device no longer counts on the others: those that show a badge get it anew, silently. One that
 * gets lost is made good by the next push.
 */
export class BadgeUpdates {
  private readonly parts: Parts
  private readers = new Set<string>()
  private timer: NodeJS.Timeout | null = null
  private updating: Promise<void> = Promise.resolve()
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** This user has read something. */
  note(userId: string) {
    this.readers.add(userId)
    this.timer ??= setTimeout(() => {
      this.timer = null
      const readers = [...this.readers]
      this.readers = new Set()
      this.updating = this.updating
        .then(() => this.update(readers))
        .catch((err) => this.parts.logger.warn({ err }, 'badges not updated'))
    }, this.parts.everyMs)
  }

  async close() {
    if (this.timer) clearTimeout(this.timer)
    await this.updating
  }

  private async update(readers: string[]) {
    const { devices, store, badges, pushDelivery } = this.parts
    if (!(await devices.areUsed())) return
    for (let start = 0; start < readers.length; start += USERS_AT_ONCE) {
      const shown = await store.badgedOf(readers.slice(start, start + USERS_AT_ONCE))
      if (shown.length === 0) continue
      const counts = await badges.now([...new Set(shown.map(({ userId }) => userId))])
      const badgeOf = (userId: string) => counts.get(userId) ?? 0
      await pushDelivery.deliver(
        shown.map((device) => ({ device, content: { kind: 'badge', badge: badgeOf(device.userId) } })),
        RETRIES_MS,
      )
    }
  }
}
