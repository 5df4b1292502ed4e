import type { Message } from '@chat/contract'
import { messageId } from '@chat/contract'
import type { Connection } from 'mongoose'
import type { MessageDoc } from './send/message-doc.ts'

const START = Date.parse('2020-01-01T00:00:00Z')
const MINUTE_MS = 60_000
const BATCH_BYTES = 4_000_000

/** The time of a seeded message: one a minute, long ago. */
export const seededAt = (seq: number) => new Date(START + (seq - 1) * MINUTE_MS)

/** Fills a room with copies of its first message, directly in the store. */
export async function seedRoom(
  database: Connection,
  first: Message,
  count: number,
  textOf: (seq: number) => string = (seq) => `message ${seq}`,
) {
  const messages = database.collection<MessageDoc>('messages')
  const sample = (await messages.findOne({ _id: first._id })) as MessageDoc
  const copy = (seq: number): MessageDoc => ({
    ...sample,
    ...{ _id: messageId(first.roomId, seq), seq, syncKey: `seed ${seq}`, createdAt: seededAt(seq) },
    data: { type: 'TEXT', content: { text: textOf(seq) } },
  })
  await messages.updateOne({ _id: first._id }, { $set: { createdAt: seededAt(1), data: copy(1).data } })
  const batch = Math.max(1, Math.floor(BATCH_BYTES / (textOf(2).length + 500)))
  for (let seq = 2; seq <= count; seq += batch) {
    const size = Math.min(batch, count - seq + 1)
    await messages.insertMany(Array.from({ length: size }, (_, index) => copy(seq + index)))
  }
}
