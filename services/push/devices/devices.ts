import type { Input, Output } from '@chat/contract'
import type { Device, DeviceStore } from './device-store.ts'

/** Of a user; one more and the one that was registered longest ago is forgotten. */
const MAX_DEVICES = 20

/** Where people can be reached. A device belongs to the user who registered it last. */
export class Devices {
  private readonly store: DeviceStore
  private wasUsed = false
  constructor(store: DeviceStore) {
    this.store = store
  }

  async register(userId: string, device: Input<'registerDevice'>): Promise<void> {
    await this.store.put({ ...device, userId })
    await this.store.removeBeyond(userId, MAX_DEVICES)
  }

  /** One that is another's by now stays theirs. */
  async unregister(userId: string, { token }: Input<'unregisterDevice'>): Promise<void> {
    await this.store.remove(token, userId)
  }

  /** As operators see them: not by their tokens. */
  async seenOf(userId: string): Promise<Output<'listDevices'>['devices']> {
    const found = await this.store.seenOf(userId)
    return found.map(({ platform, seenAt }) => ({ platform, seenAt: seenAt.toISOString() }))
  }

  /** Whether anybody has any: where pushes are not used they cost next to nothing. */
  async areUsed(): Promise<boolean> {
    this.wasUsed ||= !(await this.store.isEmpty())
    return this.wasUsed
  }

  async byUser(userIds: string[]): Promise<Map<string, Device[]>> {
    if (userIds.length === 0) return new Map()
    return Map.groupBy(await this.store.ofUsers([...new Set(userIds)]), ({ userId }) => userId)
  }
}
