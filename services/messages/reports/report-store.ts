import { type Erased, type Message, messageWithout } from '@chat/contract'
import { type Connection, isDuplicate, writeEach } from '@chat/service'
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
/** `order`: reports sort by it as they came. */
type ReportDoc = Report & { _id: string; order: string }

const { Schema } = mongoose
const reportSchema = new Schema<ReportDoc>(
  {
    _id: String,
    roomId: { type: String, required: true },
    messageId: { type: String, required: true },
    reporterId: { type: String, required: true },
    reason: { type: String, required: true },
    message: { type: Schema.Types.Mixed, required: true },
    order: { type: String, required: true },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false, minimize: false },
)
reportSchema.index({ order: -1 })
reportSchema.index({ roomId: 1, order: -1 })
// For the erasure of a person.
reportSchema.index({ reporterId: 1 })
reportSchema.index({ 'message.author.authorId': 1 })
reportSchema.index({ 'message.replyTo.author.authorId': 1 }, { sparse: true })
reportSchema.index({ 'message.replyTo.messageId': 1 }, { sparse: true })
reportSchema.index({ 'message.mentions': 1 })

const AT_ONCE = 200

const orderOf = ({ createdAt }: Report) => `${createdAt.toISOString()} ${crypto.randomUUID()}`

/** What members have put on the platform's review list. */
export async function openReports(connection: Connection) {
  const model = connection.model<ReportDoc>('Report', reportSchema, 'reports')
  await model.createIndexes()
  async function rewrite(docs: Pick<ReportDoc, '_id' | 'message'>[], erased: Erased) {
    const writes = docs.map(({ _id, message }) => ({
      updateOne: {
        filter: { _id: _id as never },
        update: { $set: { message: messageWithout(message, erased) } },
      },
    }))
    if (writes.length > 0) await writeEach(model, writes as never)
  }
  return {
    /** The first report of a message by somebody stands; another one changes nothing. */
    async add(report: Report) {
      const _id = JSON.stringify([report.messageId, report.reporterId])
      await model.create({ _id, order: orderOf(report), ...report }).catch((error: unknown) => {
        if (!isDuplicate(error)) throw error
      })
    },

    /** Newest first, after the one of that `order`. */
    async page(roomId: string | undefined, before: string | undefined, limit: number): Promise<ReportDoc[]> {
      return model
        .find({
          ...(roomId !== undefined && { roomId }),
          ...(before !== undefined && { order: { $lt: before } }),
        })
        .sort({ order: -1 })
        .limit(limit)
        .lean()
    },

    async by(reporterId: string): Promise<Report[]> {
      return model.find({ reporterId }, { _id: 0, order: 0 }).lean()
    },

    /** Of what quotes messages that mention somebody. */
    async unquote(erased: Erased) {
      const ids = [...(erased.mentionedIn ?? [])]
      for (let start = 0; start < ids.length; start += AT_ONCE) {
        const some = { $in: ids.slice(start, start + AT_ONCE) }
        await rewrite(await model.find({ 'message.replyTo.messageId': some }, { message: 1 }).lean(), erased)
      }
    },

    /** Of what somebody said, quoted or reported; what mentions them stays, without that. */
    async deleteOf(erased: Erased) {
      const { userId } = erased
      await rewrite(await model.find({ 'message.mentions': userId }, { message: 1 }).lean(), erased)
      await model.deleteMany({ reporterId: userId })
      await model.deleteMany({ 'message.author.authorId': userId })
      await model.deleteMany({ 'message.replyTo.author.authorId': userId })
    },

    async deleteRoom(roomId: string) {
      await model.deleteMany({ roomId })
    },
  }
}
export type ReportStore = Awaited<ReturnType<typeof openReports>>
