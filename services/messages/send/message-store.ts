import { type Author, anonymous, isGone, type Message, type MessageData, messageId } from '@chat/contract'
import type { Connection } from '@chat/service'
import mongoose from 'mongoose'
import { idRange, RoomSequence, wholeRoom } from './room-sequence.ts'

/** A message before it has its place in the room. */
export type Draft = {
  roomId: string
  syncKey: string
  author: Author
  data: MessageData
  replyTo: Message['replyTo']
  /** Absent where nobody is mentioned. */
  mentions?: string[]
  meta: Record<string, unknown> | null
  /** Members who had not read it when it was sent. */
  audience: number
  createdAt: Date
}
export type MessageDoc = Draft & {
  _id: string
  seq: number
  /** Both absent until the message is changed for the first time. */
  status?: Message['status']
  updatedAt?: Date
}

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
    mentions: { type: [String], default: undefined },
    meta: { type: Schema.Types.Mixed, default: null },
    audience: { type: Number, required: true },
    status: { type: Schema.Types.Mixed },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date },
  },
  { versionKey: false, minimize: false },
)
// Its fields never change: a unique key is never updated. Nor is that of an erased message, which is stored anew.
messageSchema.index({ roomId: 1, 'author.authorId': 1, syncKey: 1 }, { unique: true })
// For the erasure of a person who is quoted or mentioned; messages that name nobody are not in them.
messageSchema.index({ 'replyTo.author.authorId': 1 }, { sparse: true })
messageSchema.index({ mentions: 1 }, { sparse: true })

/** How a bulk insert ended: what it stored is a prefix of what it was given. */
export type InsertOutcome = { stored: number; isDuplicate: boolean }

/** The messages of all rooms. Their `_id` is room and seq, so the primary key serves every page of a room. */
export async function openStore(connection: Connection) {
  const model = connection.model<MessageDoc>('Message', messageSchema, 'messages')
  await model.createIndexes()
  const roomSequence = new RoomSequence({
    idOf: messageId,
    highestOf: async (ids) => {
      const found = await model.find({ _id: { $in: ids } }, { seq: 1 }).lean<{ seq: number }[]>()
      return Math.max(0, ...found.map((doc) => doc.seq))
    },
  })

  const store = {
    /** One insert for many messages, in order; stops at the first that is there already. Skips mongoose's casting: the fields are our own. */
    async insert(docs: MessageDoc[]): Promise<InsertOutcome> {
      try {
        await model.collection.insertMany(docs.map(asStored) as never[], { ordered: true })
        for (const doc of docs) roomSequence.note(doc.roomId, doc.seq)
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

    /** The room's last seq. */
    lastSeq: (roomId: string) => roomSequence.last(roomId),

    async bySyncKey(roomId: string, authorId: string, syncKey: string): Promise<MessageDoc | null> {
      const doc = await model.findOne({ roomId, 'author.authorId': authorId, syncKey }).lean<MessageDoc>()
      return doc && store.quoting(doc)
    },

    async bySeq(roomId: string, seq: number): Promise<MessageDoc | null> {
      const doc = await model.findById(messageId(roomId, seq)).lean<MessageDoc>()
      return doc && store.quoting(doc)
    },

    async byIds(ids: string[]): Promise<MessageDoc[]> {
      return store.quotingEach(await model.find({ _id: { $in: ids } }).lean<MessageDoc[]>())
    },

    /** A message in the place of another one of the same number, all of it new. */
    async replace(doc: MessageDoc, session: mongoose.ClientSession) {
      await model.collection.deleteOne({ _id: doc._id as never }, { session })
      await model.collection.insertOne(asStored(doc) as never, { session })
    },

    /** Whether somebody has written in a room. */
    async hasWritten(roomId: string, authorId: string): Promise<boolean> {
      return (await model.exists({ roomId, 'author.authorId': authorId })) !== null
    },

    /** What somebody has written in a room, in the order of their syncKeys. */
    async writtenBy(roomId: string, authorId: string, after: string, limit: number): Promise<MessageDoc[]> {
      const filter = { roomId, 'author.authorId': authorId, syncKey: { $gt: after } }
      return model.find(filter).sort({ syncKey: 1 }).limit(limit).lean<MessageDoc[]>()
    },

    /** Some of the replies that quote somebody. */
    async quotesOf(authorId: string, limit: number): Promise<Place[]> {
      return model.find({ 'replyTo.author.authorId': authorId }, { roomId: 1 }).limit(limit).lean()
    },

    /** They quote nobody whom one could name. */
    async quoteNobody(ids: string[]) {
      await model.collection.updateMany(
        { _id: { $in: ids as never[] } },
        { $set: { 'replyTo.author': anonymous } },
      )
    },

    /** Some of the messages that mention somebody. */
    async mentionsOf(userId: string, limit: number): Promise<Place[]> {
      return model.find({ mentions: userId }, { roomId: 1 }).limit(limit).lean()
    },

    async deleteRoom(roomId: string) {
      await model.deleteMany(wholeRoom(messageId, roomId))
    },

    /** Messages from one seq to another, both inclusive, oldest first. */
    async between(roomId: string, from: number, to: number): Promise<MessageDoc[]> {
      return store.quotingEach(await store.plainBetween(roomId, from, to))
    },

    /** Likewise, without what replies quote. */
    plainBetween(roomId: string, from: number, to: number): Promise<MessageDoc[]> {
      return model
        .find(idRange(messageId, roomId, from, to))
        .sort({ _id: 1 })
        .lean<MessageDoc[]>()
    },

    /** When a message was written, in ms; null where there is none. */
    async timeOf(roomId: string, seq: number): Promise<number | null> {
      const found = await model.findById(messageId(roomId, seq), { createdAt: 1 }).lean<{ createdAt: Date }>()
      return found?.createdAt.getTime() ?? null
    },

    /** Of the messages from one seq to another those that were ever changed, without their content. */
    async changedBetween(roomId: string, from: number, to: number): Promise<Mark[]> {
      const changed = { ...idRange(messageId, roomId, from, to), updatedAt: { $exists: true } }
      return model.find(changed, { seq: 1, status: 1, updatedAt: 1 }).sort({ _id: 1 }).lean<Mark[]>()
    },

    /** Likewise those that mention somebody. */
    async mentioningBetween(roomId: string, from: number, to: number): Promise<Mentions[]> {
      const mentions = { ...idRange(messageId, roomId, from, to), mentions: { $exists: true } }
      return model
        .find(mentions, { seq: 1, mentions: 1, createdAt: 1, updatedAt: 1 })
        .sort({ _id: 1 })
        .lean<Mentions[]>()
    },

    /**
     * Replies do not keep the text that they quote: it is what the quoted message says now, and none where that is
     * gone. All reading here fills it in; messages read otherwise go through this.
     */
    async quotingEach(docs: MessageDoc[]): Promise<MessageDoc[]> {
      const ids = docs.flatMap(({ replyTo }) => (replyTo ? [replyTo.messageId] : []))
      if (ids.length === 0) return docs
      const quoted = await model
        .find({ _id: { $in: ids } }, { 'data.content.text': 1, status: 1 })
        .lean<MessageDoc[]>()
      const texts = new Map(quoted.map((doc) => [doc._id, quoteOf(doc)]))
      return docs.map((doc) =>
        doc.replyTo
          ? { ...doc, replyTo: { ...doc.replyTo, text: texts.get(doc.replyTo.messageId) ?? '' } }
          : doc,
      )
    },

    async quoting(doc: MessageDoc): Promise<MessageDoc> {
      return ((await store.quotingEach([doc])) as [MessageDoc])[0]
    },

    model,
  }
  return store
}
export type MessageStore = Awaited<ReturnType<typeof openStore>>
type Mentions = Pick<MessageDoc, 'seq' | 'mentions' | 'createdAt' | 'updatedAt'>
type Place = Pick<MessageDoc, '_id' | 'roomId'>
type Mark = Required<Pick<MessageDoc, 'seq' | 'status' | 'updatedAt'>>

/** A reply is stored without the text that it quotes. */
export const asStored = (doc: MessageDoc) =>
  doc.replyTo ? { ...doc, replyTo: { messageId: doc.replyTo.messageId, author: doc.replyTo.author } } : doc

/** As a draft or a document has them. */
export const asMentions = (userIds: string[]) => (userIds.length > 0 ? { mentions: userIds } : {})

export const statusOf = ({ status }: Pick<MessageDoc, 'status'>): Message['status'] =>
  status ?? { deleted: false, hidden: false }

/** What a reply shows of the message. */
export const quoteOf = (doc: Pick<MessageDoc, 'data' | 'status'>) =>
  isGone({ status: statusOf(doc) }) ? '' : (doc.data.content.text ?? '')

/** The message in full, as masters see it. */
export function presentMessage(doc: MessageDoc, unReadUserCount = doc.audience): Message {
  const status = statusOf(doc)
  return {
    _id: doc._id,
    syncKey: doc.syncKey,
    roomId: doc.roomId,
    seq: doc.seq,
    author: doc.author,
    data: doc.data,
    replyTo: doc.replyTo,
    mentions: doc.mentions ?? [],
    meta: doc.meta,
    status,
    unReadUserCount: isGone({ status }) ? 0 : unReadUserCount,
    createdAt: doc.createdAt.toISOString(),
    updatedAt: (doc.updatedAt ?? doc.createdAt).toISOString(),
  }
}
