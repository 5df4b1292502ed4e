import { createHash } from 'node:crypto'
import type { Input, Output } from '@chat/contract'
import { type Connection, modelOf } from '@chat/service'
import type { Model } from 'mongoose'

type DeviceDoc = Input<'registerDevice'> & {
  /** A hash of the token, which is too long for a key. */
  _id: string
  userId: string
  seenAt: Date
  /** Whether the last badge that it was sent is not zero. */
  isBadged: boolean
}
export type Device = Pick<DeviceDoc, '_id' | 'token' | 'platform' | 'userId'>

const MAX_DEVICES = 20
const FIELDS = { token: 1, platform: 1, userId: 1 } as const

export const deviceId = (token: string) => createHash('sha256').update(token).digest('base64url').slice(0, 22)

export class Devices {
  private readonly model: Model<DeviceDoc>
  private isUsed = false

  constructor(connection: Connection) {
    this.model = modelOf<DeviceDoc>(connection, 'devices', [{ userId: 1, seenAt: -1 }])
  }

  /** A device belongs to the user who registered it last. Beyond `MAX_DEVICES`, a user's oldest one is removed. */
  async register(userId: string, { token, platform }: Input<'registerDevice'>) {
    const fields = { token, platform, userId, seenAt: new Date() }
    const update = { $set: fields, $setOnInsert: { isBadged: false } }
    await this.model.updateOne({ _id: deviceId(token) }, update, { upsert: true })
    const old = await this.model.find({ userId }, { seenAt: 1 }).sort({ seenAt: -1 }).skip(MAX_DEVICES).lean()
    for (const { _id, seenAt } of old) await this.model.deleteOne({ _id, userId, seenAt })
  }

  /** A device that another user has registered since stays theirs. */
  async unregister(userId: string, token: string) {
    await this.model.deleteOne({ _id: deviceId(token), userId })
  }

  async removeAll(userId: string) {
    await this.model.deleteMany({ userId })
  }

  /** Removes devices that the push service no longer knows, except those that were registered again since. */
  async removeDead(ids: string[], since: Date) {
    if (ids.length > 0) await this.model.deleteMany({ _id: { $in: ids }, seenAt: { $lt: since } })
  }

  /** Whether there is any device: without one, pushes cost next to nothing. */
  async areUsed(): Promise<boolean> {
    this.isUsed ||= (await this.model.findOne({}, { _id: 1 }).sort({ _id: 1 }).lean()) !== null
    return this.isUsed
  }

  ofUsers(userIds: string[]): Promise<Device[]> {
    return this.model.find({ userId: { $in: userIds } }, FIELDS).lean()
  }

  async byUser(userIds: string[]): Promise<Map<string, Device[]>> {
    if (userIds.length === 0) return new Map()
    return Map.groupBy(await this.ofUsers([...new Set(userIds)]), ({ userId }) => userId)
  }

  /** For operators: without tokens, the one that was registered last first. */
  async list(userId: string): Promise<Output<'listDevices'>['devices']> {
    const found = await this.model.find({ userId }, { platform: 1, seenAt: 1 }).sort({ seenAt: -1 }).lean()
    return found.map(({ platform, seenAt }) => ({ platform, seenAt: seenAt.toISOString() }))
  }

  /** Devices whose badge is not zero and that take silent pushes. */
  badgedOf(userIds: string[]): Promise<Device[]> {
    const badged = { userId: { $in: userIds }, isBadged: true, platform: { $ne: 'WEB' as const } }
    return this.model.find(badged, FIELDS).lean()
  }

  async setBadged(ids: string[], isBadged: boolean) {
    if (ids.length === 0) return
    await this.model.updateMany({ _id: { $in: ids }, isBadged: !isBadged }, { $set: { isBadged } })
  }

  /** The present owner of each device; removed devices are left out. */
  async ownersOf(ids: string[]): Promise<Map<string, string>> {
    const found = await this.model.find({ _id: { $in: ids } }, { userId: 1 }).lean()
    return new Map(found.map(({ _id, userId }) => [_id, userId]))
  }
}
