import { type Erased, type Message, messageWithout } from '@chat/contract'
import { type Connection, insertMissing, modelOf, writeEach } from '@chat/service'
import type { Model } from 'mongoose'

/** `message`: as it was when it was reported. */
export type Report = {
  roomId: string
  messageId: string
  reporterId: string
  reason: string
  message: Message
  createdAt: Date
}
/** `order` sorts reports as they were made. */
type ReportDoc = Report & { _id: string; order: string }

const BATCH = 200

const orderOf = ({ createdAt }: Report) => `${createdAt.toISOString()} ${crypto.randomUUID()}`

/** What members have reported to the platform. */
export class ReportStore {
  private readonly model: Model<ReportDoc>
  constructor(connection: Connection) {
    this.model = modelOf(
      connection,
      'reports',
      [{ order: -1 }],
      [{ roomId: 1, order: -1 }],
      // For the erasure of a user.
      [{ reporterId: 1 }],
      [{ 'message.author.authorId': 1 }],
      [{ 'message.replyTo.author.authorId': 1 }, { sparse: true }],
      [{ 'message.replyTo.messageId': 1 }, { sparse: true }],
      [{ 'message.mentions': 1 }],
    )
  }

  /** A second report of a message by the same user changes nothing. */
  async add(report: Report) {
    const _id = JSON.stringify([report.messageId, report.reporterId])
    await insertMissing(this.model, [{ _id, order: orderOf(report), ...report }])
  }

  /** Newest first, of all rooms or of one, after the report of that `order`. */
  page(roomId: string | undefined, before: string | undefined, limit: number): Promise<ReportDoc[]> {
    const ofRoom = roomId === undefined ? {} : { roomId }
    const older = before === undefined ? {} : { order: { $lt: before } }
    return this.model
      .find({ ...ofRoom, ...older })
      .sort({ order: -1 })
      .limit(limit)
      .lean<ReportDoc[]>()
  }

  by(reporterId: string): Promise<Report[]> {
    return this.model.find({ reporterId }, { _id: 0, order: 0 }).lean<Report[]>()
  }

  /** Takes a user out of reported messages that quote one which mentioned them. */
  async unquote(erased: Erased) {
    const ids = [...(erased.mentionedIn ?? [])]
    for (let start = 0; start < ids.length; start += BATCH)
      await this.rewrite({ 'message.replyTo.messageId': { $in: ids.slice(start, start + BATCH) } }, erased)
  }

  /** Deletes the reports by a user, and those of messages that they wrote or that quote them; takes out mentions. */
  async deleteOf(erased: Erased) {
    const { userId } = erased
    await this.rewrite({ 'message.mentions': userId }, erased)
    await this.model.deleteMany({ reporterId: userId })
    await this.model.deleteMany({ 'message.author.authorId': userId })
    await this.model.deleteMany({ 'message.replyTo.author.authorId': userId })
  }

  async deleteRoom(roomId: string) {
    await this.model.deleteMany({ roomId })
  }

  private async rewrite(filter: object, erased: Erased) {
    const docs = await this.model.find(filter, { message: 1 }).lean<Pick<ReportDoc, '_id' | 'message'>[]>()
    const writes = docs.map(({ _id, message }) => ({
      updateOne: { filter: { _id }, update: { $set: { message: messageWithout(message, erased) } } },
    }))
    if (writes.length > 0) await writeEach(this.model, writes as never)
  }
}
