import { type Author, type Message, type MessageData, messageId } from '@chat/contract'
import { type Connection, ensureIndexes } from '@chat/service'
import mongoose from 'mongoose'

/** A message before it has its place in the room. */
export type Draft = {
  roomId: string
  syncKey: string
  author: Author
  data: MessageData
  replyTo: { messageId: string; author: Author; text: string } | null
  meta: Record<string, unknown> | null
  /** Members who had not read it when it was sent. */
  audience: number
  createdAt: Date
}
export type MessageDoc = Draft & { _id: string; seq: number }

const { Schema } = mongoose
const messageSchema = new Schema<MessageDoc>(
  {
    _id: String,
    roomId: { type: String, required: true },
    seq: { type: Number, required: true },
    syncKey: { type: String, required: true },
    author: { type: Schema.Types.Mixed, required: true },
    data: { type: Schema.Types.Mixed, required: true },
    replyTo: { type: Schema.Types.Mixed, default: null },
    meta: { type: Schema.Types.Mixed, default: null },
    audience: { type: Number, required: true },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false, minimize: false },
)
// The fields never change: a unique key is never updated.
messageSchema.index({ roomId: 1, 'author.authorId': 1, syncKey: 1 }, { unique: true })

/** How a bulk insert ended: what it stored is a prefix of what it was given. */
export type InsertOutcome = { stored: number; isDuplicate: boolean }

/** The messages of all rooms. Their `_id` is room and seq, so the primary key serves every page of a room. */
export async function openStore(connection: Connection) {
  const model = connection.model<MessageDoc>('Message', messageSchema, 'messages')
  await ensureIndexes(connection)

  return {
    /** One insert for many messages, in order; stops at the first that is there already. Skips mongoose's casting: the fields are our own. */
    async insert(docs: MessageDoc[]): Promise<InsertOutcome> {
      try {
        await model.collection.insertMany(docs as never[], { ordered: true })
        return { stored: docs.length, isDuplicate: false }
      } catch (error) {
        const failure = error as {
          code?: number
          writeErrors?: { index?: number; err?: { index?: number } }[]
        }
        const index = failure.writeErrors?.[0]?.index ?? failure.writeErrors?.[0]?.err?.index
        if (failure.code !== 11000 || index === undefined) throw error
        return { stored: index, isDuplicate: true }
      }
    },

    async lastSeq(roomId: string): Promise<number> {
      const last = await model
        .findOne(range(roomId, 1, Number.POSITIVE_INFINITY), { seq: 1 })
        .sort({ _id: -1 })
        .lean()
      return last?.seq ?? 0
    },

    async bySyncKey(roomId: string, authorId: string, syncKey: string): Promise<MessageDoc | null> {
      return model.findOne({ roomId, 'author.authorId': authorId, syncKey }).lean<MessageDoc>()
    },

    async bySeq(roomId: string, seq: number): Promise<MessageDoc | null> {
      return model.findById(messageId(roomId, seq)).lean<MessageDoc>()
    },

    /** Messages from one seq to another, both inclusive, oldest first. */
    async between(roomId: string, from: number, to: number): Promise<MessageDoc[]> {
      return model
        .find(range(roomId, from, to))
        .sort({ _id: 1 })
        .lean<MessageDoc[]>()
    },

    model,
  }
}
export type Store = Awaited<ReturnType<typeof openStore>>

const MAX_SEQ = 9_999_999_999
export const range = (roomId: string, from: number, to: number) => ({
  _id: { $gte: messageId(roomId, Math.max(1, from)), $lte: messageId(roomId, Math.min(to, MAX_SEQ)) },
})

export function presentMessage(doc: MessageDoc, unReadUserCount = doc.audience): Message {
  const createdAt = doc.createdAt.toISOString()
  return {
    _id: doc._id,
    syncKey: doc.syncKey,
    roomId: doc.roomId,
    seq: doc.seq,
    author: doc.author,
    data: doc.data,
    replyTo: doc.replyTo,
    mentions: [],
    meta: doc.meta,
    status: { deleted: false, hidden: false },
    unReadUserCount,
    createdAt,
    updatedAt: createdAt,
  }
}
