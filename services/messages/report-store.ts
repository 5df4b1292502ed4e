import type { Message } from '@chat/contract'
import { type Connection, isDuplicate } from '@chat/service'
import mongoose from 'mongoose'

/** `message` as it was when it was reported. */
export type Report = {
  roomId: string
  messageId: string
  reporterId: string
  reason: string
  message: Message
  createdAt: Date
}

const { Schema } = mongoose
const reportSchema = new Schema<Report & { _id: string }>(
  {
    _id: String,
    roomId: { type: String, required: true },
    messageId: { type: String, required: true },
    reporterId: { type: String, required: true },
    reason: { type: String, required: true },
    message: { type: Schema.Types.Mixed, required: true },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false, minimize: false },
)

/** What members have put on the platform's review list. */
export async function openReports(connection: Connection) {
  const model = connection.model<Report & { _id: string }>('Report', reportSchema, 'reports')
  return {
    /** The first report of a message by somebody stands; another one changes nothing. */
    async add(report: Report) {
      const _id = JSON.stringify([report.messageId, report.reporterId])
      await model.create({ _id, ...report }).catch((error: unknown) => {
        if (!isDuplicate(error)) throw error
      })
    },
  }
}
export type Reports = Awaited<ReturnType<typeof openReports>>
