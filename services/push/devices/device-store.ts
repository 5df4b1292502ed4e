import { createHash } from 'node:crypto'
import type { Connection } from '@chat/service'
import mongoose from 'mongoose'
import type { Platform } from '../senders/sender.ts'

export type DeviceDoc = {
  /** Stands for the token, which is longer than a key should be. */
  _id: string
  token: string
  platform: Platform
  /** Whoever registered it last. */
  userId: string
  seenAt: Date
  /** It was sent a badge that is not zero. */
  isBadged: boolean
}
export type Device = Pick<DeviceDoc, '_id' | 'token' | 'platform' | 'userId'>

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const deviceSchema = new Schema<DeviceDoc>(
  {
    _id: String,
    token: required(String),
    platform: required(String),
    userId: required(String),
    seenAt: required(Date),
    isBadged: required(Boolean),
  },
  { versionKey: false },
)
deviceSchema.index({ userId: 1, seenAt: -1 })
const FIELDS = { token: 1, platform: 1, userId: 1 } as const

export const deviceId = (token: string) => createHash('sha256').update(token).digest('base64url').slice(0, 22)

/** Where people can be reached. */
export async function openDevices(connection: Connection) {
  const model = connection.model<DeviceDoc>('Device', deviceSchema, 'devices')
  await model.createIndexes()
  return {
    async put({ token, platform, userId }: Omit<Device, '_id'>) {
      const fields = { token, platform, userId, seenAt: new Date() }
      const update = { $set: fields, $setOnInsert: { isBadged: false } }
      await model.updateOne({ _id: deviceId(token) }, update, { upsert: true })
    },

    async remove(token: string, userId: string) {
      await model.deleteOne({ _id: deviceId(token), userId })
    },

    async removeAll(userId: string) {
      await model.deleteMany({ userId })
    },

    /** Of devices that were found dead those that nobody has registered again since. */
    async removeDead(ids: string[], since: Date) {
      if (ids.length > 0) await model.deleteMany({ _id: { $in: ids }, seenAt: { $lt: since } })
    },

    /** Keeps the devices of a user that were registered last. */
    async removeBeyond(userId: string, count: number) {
      const old = await model.find({ userId }, { seenAt: 1 }).sort({ seenAt: -1 }).skip(count).lean()
      for (const { _id, seenAt } of old) await model.deleteOne({ _id, userId, seenAt })
    },

    ofUsers: (userIds: string[]): Promise<Device[]> =>
      model.find({ userId: { $in: userIds } }, FIELDS).lean(),

    /** The one that was registered last first. */
    seenOf: (userId: string): Promise<Pick<DeviceDoc, 'platform' | 'seenAt'>[]> =>
      model.find({ userId }, { platform: 1, seenAt: 1 }).sort({ seenAt: -1 }).lean(),

    /** Of these users the devices that show that something is unread, and can be told silently that it is read. */
    badgedOf: (userIds: string[]): Promise<Device[]> =>
      model.find({ userId: { $in: userIds }, isBadged: true, platform: { $ne: 'WEB' } }, FIELDS).lean(),

    /** Whose these devices are now; those that are no more are left out. */
    async ownersOf(ids: string[]): Promise<Map<string, string>> {
      const found = await model.find({ _id: { $in: ids } }, { userId: 1 }).lean()
      return new Map(found.map(({ _id, userId }) => [_id, userId]))
    },

    async setBadged(ids: string[], isBadged: boolean) {
      if (ids.length > 0)
        await model.updateMany({ _id: { $in: ids }, isBadged: !isBadged }, { $set: { isBadged } })
    },

    isEmpty: async () => (await model.findOne({}, { _id: 1 }).sort({ _id: 1 }).lean()) === null,
  }
}
export type DeviceStore = Awaited<ReturnType<typeof openDevices>>
