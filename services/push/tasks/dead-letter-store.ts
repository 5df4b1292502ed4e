import type { Connection } from '@chat/service'
import mongoose from 'mongoose'
import { type Kept, messagesOf, type Notice } from '../delivery/notice.ts'

/** What was tried often enough. `_id`: its message's id, and the task's where it was one. */
export type DeadLetterDoc = {
  _id: string
  notice: Notice
  only: string[] | null
  isSecond: boolean
  reason: string
  tries: number
  at: Date
}

/** Nobody wants to be told of anything older. */
const KEPT_SECONDS = 30 * 24 * 60 * 60

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const setAsideSchema = new Schema<DeadLetterDoc>(
  {
    _id: String,
    notice: required(Schema.Types.Mixed),
    only: { type: [String], default: null },
    isSecond: required(Boolean),
    reason: required(String),
    tries: required(Number),
    at: required(Date),
  },
  { versionKey: false },
)
setAsideSchema.index({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS })

/** Where an operator finds what did not work. */
export async function openSetAside(connection: Connection) {
  const model = connection.model<DeadLetterDoc>('SetAside', setAsideSchema, 'setAside')
  await model.createIndexes()
  return {
    async put({ _id, ...fields }: DeadLetterDoc) {
      await model.updateOne({ _id }, { $set: fields }, { upsert: true })
    },

    page: (after: string, limit: number): Promise<DeadLetterDoc[]> =>
      model
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .lean(),

    byIds: (ids: string[]): Promise<DeadLetterDoc[]> => model.find({ _id: { $in: ids } }).lean(),

    async rewrite({ _id, notice, only }: Kept) {
      await model.updateOne({ _id }, { $set: { notice, only } })
    },

    async deleteRoom(roomId: string) {
      await model.deleteMany(messagesOf(roomId))
    },

    /** @returns how many of them there were */
    finish: async (ids: string[]): Promise<number> =>
      (await model.deleteMany({ _id: { $in: ids } })).deletedCount,

    count: () => model.estimatedDocumentCount(),
  }
}
export type DeadLetterStore = Awaited<ReturnType<typeof openSetAside>>
