import { type Connection, type Index, type Logger, modelOf } from '@chat/service'
import mongoose from 'mongoose'

/** The pushes of one answer that the push service has taken. */
type ReceiptDoc = { messageIds: string[]; sent: Sent[]; at: Date }
type Sent = { messageId: string; deviceIds: string[] }
type Receipt = { messageId: string; deviceId: string }

/** Longer than the stream keeps messages: no message is handled again after that. */
const KEPT_SECONDS = 8 * 24 * 60 * 60

const groupedByMessage = (receipts: Receipt[]): Sent[] =>
  [...Map.groupBy(receipts, ({ messageId }) => messageId)].map(([messageId, own]) => ({
    messageId,
    deviceIds: own.map(({ deviceId }) => deviceId),
  }))

/** Which messages were sent to which devices, so that a retry does not send them again. */
export function openReceipts(connection: Connection, logger: Logger) {
  const expiry: Index = [{ at: 1 }, { expireAfterSeconds: KEPT_SECONDS }]
  const model = modelOf<ReceiptDoc>(connection, 'receipts', [{ messageIds: 1 }], expiry)
  let unstored: Receipt[] = []

  return {
    async record(receipts: Receipt[]) {
      const all = [...unstored, ...receipts]
      unstored = all
      if (all.length === 0) return
      const sent = groupedByMessage(all)
      const messageIds = sent.map(({ messageId }) => messageId)
      try {
        await model.collection.insertOne({ messageIds, sent, at: new Date() })
        const stored = new Set(all)
        unstored = unstored.filter((receipt) => !stored.has(receipt))
      } catch (err) {
        logger.warn({ err, receipts: all.length }, 'receipts not stored, will try again')
      }
    },

    /** Removes devices from receipts after this one. @returns the last one read; null where there are no more */
    async removeDevices(deviceIds: ReadonlySet<string>, after: string | null, limit: number) {
      const next = after === null ? {} : { _id: { $gt: new mongoose.Types.ObjectId(after) } }
      const page = await model.find(next, { sent: 1 }).sort({ _id: 1 }).limit(limit).lean()
      for (const { _id, sent } of page) {
        if (!sent.some((each) => each.deviceIds.some((id) => deviceIds.has(id)))) continue
        const left = sent.map((each) => ({
          ...each,
          deviceIds: each.deviceIds.filter((id) => !deviceIds.has(id)),
        }))
        await model.updateOne({ _id }, { $set: { sent: left } })
      }
      return page.length === limit ? String(page.at(-1)?._id) : null
    },

    async of(messageIds: string[]): Promise<Map<string, Set<string>>> {
      const stored = await model.find({ messageIds: { $in: messageIds } }, { sent: 1 }).lean()
      const devices = new Map(messageIds.map((id) => [id, new Set<string>()]))
      const sent = [...stored.flatMap((receipt) => receipt.sent), ...groupedByMessage(unstored)]
      for (const { messageId, deviceIds } of sent) for (const id of deviceIds) devices.get(messageId)?.add(id)
      return devices
    },
  }
}
export type ReceiptStore = ReturnType<typeof openReceipts>
