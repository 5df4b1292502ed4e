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

  /** The highest seq seen here of each room; what is stored stays stored. */
  const lastSeqs = new Map<string, number>()
  const noteLast = (roomId: string, seq: number) => {
    const known = lastSeqs.get(roomId) ?? 0
    if (lastSeqs.size >= REMEMBERED_ROOMS && known === 0)
      lastSeqs.delete(lastSeqs.keys().next().value as string)
    lastSeqs.set(roomId, Math.max(known, seq))
  }
  /** The highest of the seqs probed beyond `from` that is stored; 0 where none is. */
  const highestOf = async (roomId: string, from: number) => {
    const ids = probesAfter(from).map((seq) => messageId(roomId, seq))
    const found = await model.find({ _id: { $in: ids } }, { seq: 1 }).lean<{ seq: number }[]>()
    return Math.max(0, ...found.map((doc) => doc.seq))
  }

  return {
    /** One insert for many messages, in order; stops at the first that is there already. Skips mongoose's casting: the fields are our own. */
    async insert(docs: MessageDoc[]): Promise<InsertOutcome> {
      try {
        await model.collection.insertMany(docs as never[], { ordered: true })
        for (const doc of docs) noteLast(doc.roomId, doc.seq)
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

    /**
     * The room's last seq. Numbers have no gaps, so it is searched by point reads: from the last one known here that is
     * one read, and a handful where nothing is known. Sorting and taking one is left to no engine: some read the room.
     */
    async lastSeq(roomId: string): Promise<number> {
      const known = lastSeqs.get(roomId)
      const isLast = known !== undefined && !(await model.exists({ _id: messageId(roomId, known + 1) }))
      if (isLast) return known
      let last = known ?? 0
      for (let higher = await highestOf(roomId, last); higher > 0; higher = await highestOf(roomId, last))
        last = higher
      noteLast(roomId, last)
      return last
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
const REMEMBERED_ROOMS = 50_000

/** Each hexadecimal digit in each place, beyond `from`: every answer settles the highest digit that is left. */
export function probesAfter(from: number): number[] {
  const places = Array.from({ length: 9 }, (_, place) => 16 ** place)
  const digits = Array.from({ length: 15 }, (_, digit) => digit + 1)
  return places
    .flatMap((place) => digits.map((digit) => from + digit * place))
    .filter((seq) => seq <= MAX_SEQ)
}

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
