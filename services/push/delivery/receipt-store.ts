import type { Connection, Logger } from '@chat/service'
import mongoose from 'mongoose'

/** What the push service has taken, of one answer of its: one document, however many pushes it was. */
type ReceiptDoc = { messageIds: string[]; sent: Sent[]; at: Date }
type Sent = { messageId: string; deviceIds: string[] }
export type Receipt = { messageId: string; deviceId: string }

/** Longer than the stream keeps messages: nothing is handled again after that. */
const KEPT_SECONDS = 8 * 24 * 60 * 60

const { Schema } = mongoose
const receiptSchema = new Schema<ReceiptDoc>(
  { messageIds: [String], sent: [Schema.Types.Mixed], at: { type: Date, required: true } },
  { versionKey: false },
)
receiptSchema.index({ messageIds: 1 })
receiptSchema.index({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS })

const groupedByMessage = (receipts: Receipt[]): Sent[] =>
  [...Map.groupBy(receipts, ({ messageId }) => messageId)].map(([messageId, own]) => ({
    messageId,
    deviceIds: own.map(({ deviceId }) => deviceId),
  }))

function withoutDevices(sent: Sent, gone: ReadonlySet<string>): Sent {
  const deviceIds = sent.deviceIds.filter((id) => !gone.has(id))
  return deviceIds.length === sent.deviceIds.length ? sent : { ...sent, deviceIds }
}

/** Which messages were sent to which devices, so that what is handled again is not sent again. */
export async function openReceipts(connection: Connection, logger: Logger) {
  const model = connection.model<ReceiptDoc>('Receipt', receiptSchema, 'receipts')
  await model.createIndexes()
  /** Taken, but the store was away: remembered here until it is stored. */
  let unstored: Receipt[] = []

  return {
    async record(receipts: Receipt[]) {
      const all = [...unstored, ...receipts]
      unstored = all
      if (all.length === 0) return
      const sent = groupedByMessage(all)
      try {
        await model.collection.insertOne({
          messageIds: sent.map(({ messageId }) => messageId),
          sent,
          at: new Date(),
        })
        const stored = new Set(all)
        unstored = unstored.filter((receipt) => !stored.has(receipt))
      } catch (err) {
        logger.warn({ err, receipts: all.length }, 'receipts not stored, will try again')
      }
    },

    /**
     * Takes devices out of the next receipts after one of them.
     * @returns the last one that was looked at; null where there are no more
     */
    async forgetDevices(deviceIds: ReadonlySet<string>, after: string | null, limit: number) {
      const next = after === null ? {} : { _id: { $gt: new mongoose.Types.ObjectId(after) } }
      const page = await model.find(next, { sent: 1 }).sort({ _id: 1 }).limit(limit).lean()
      for (const { _id, sent } of page) {
        const left = sent.map((each) => withoutDevices(each, deviceIds))
        if (left.some((each, index) => each !== sent[index]))
          await model.updateOne({ _id }, { $set: { sent: left } })
      }
      return page.length === limit ? String(page.at(-1)?._id) : null
    },

    /** Of these messages the devices that have them. */
    async of(messageIds: string[]): Promise<Map<string, Set<string>>> {
      const found = await model.find({ messageIds: { $in: messageIds } }, { sent: 1 }).lean()
      const devices = new Map(messageIds.map((id) => [id, new Set<string>()]))
      for (const { messageId, deviceIds } of [
        ...found.flatMap(({ sent }) => sent),
        ...groupedByMessage(unstored),
      ])
        for (const id of deviceIds) devices.get(messageId)?.add(id)
      return devices
    },
  }
}
export type ReceiptStore = Awaited<ReturnType<typeof openReceipts>>
