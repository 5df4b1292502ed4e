import { messageId } from '@chat/contract'
import {
  type Connection,
  type Database,
  insertInOrder,
  type LastNumber,
  modelOf,
  storedIndex,
} from '@chat/service'
import type { ClientSession, Model } from 'mongoose'
import { asStored, type MessageDoc, quoteOf, statusOf } from './message-doc.ts'
import { ofRoom, roomRange, withIds } from './room-ids.ts'

/** How a bulk insert ended: `stored` documents from the start of the list are in the store. */
type InsertOutcome = { stored: number; isDuplicate: boolean }
type Change = Required<Pick<MessageDoc, 'seq' | 'status' | 'updatedAt'>>
type Mentions = Pick<MessageDoc, 'seq' | 'mentions' | 'createdAt' | 'updatedAt'>

/** The messages of all rooms. `_id` is room and seq, so the primary key serves every page of a room. */
export class MessageStore {
  readonly model: Model<MessageDoc>
  private readonly lastNumber: LastNumber
  private readonly database: Database

  constructor(connection: Connection, database: Database) {
    this.database = database
    this.model = modelOf(
      connection,
      'messages',
      [{ roomId: 1, 'author.authorId': 1, syncKey: 1 }, { unique: true }],
      // For the erasure of a user who is quoted or mentioned.
      [{ 'replyTo.author.authorId': 1 }, { sparse: true }],
      [{ mentions: 1 }, { sparse: true }],
      storedIndex,
    )
    this.lastNumber = database.lastNumber(this.model, messageId)
  }

  /** The room's last seq; 0 for a room without messages. */
  lastSeq(roomId: string): Promise<number> {
    return this.lastNumber.of(roomId)
  }

  async insert(docs: MessageDoc[], storedAt: Date): Promise<InsertOutcome> {
    const stored = docs.map((doc) => ({ ...asStored(doc), storedAt }))
    const [taken = docs.length] = await insertInOrder(this.model, stored)
    const count = taken + (await this.countStored(stored.slice(taken)))
    for (const { roomId, seq } of docs.slice(0, count)) this.lastNumber.note(roomId, seq)
    return { stored: count, isDuplicate: count < docs.length }
  }

  /**
   * How many of these are in the store, up to the first that is not. The driver sends an insert again whose answer was
   * lost; a server that does not know the repeat then finds the keys taken, by this very insert.
   */
  private async countStored(docs: Pick<MessageDoc, '_id' | 'roomId'>[]): Promise<number> {
    for (const [index, doc] of docs.entries()) {
      const found = await this.model.findOne({ _id: doc._id, roomId: doc.roomId }).lean()
      // Another instance may have stored the same syncKey at the same time, in other words.
      if (JSON.stringify(found) !== JSON.stringify(doc)) return index
    }
    return docs.length
  }

  async bySyncKey(roomId: string, authorId: string, syncKey: string): Promise<MessageDoc | null> {
    const filter = { roomId, 'author.authorId': authorId, syncKey }
    return this.withQuote(await this.model.findOne(filter).lean<MessageDoc>())
  }

  async bySeq(roomId: string, seq: number): Promise<MessageDoc | null> {
    const filter = { _id: messageId(roomId, seq), roomId }
    return this.withQuote(await this.model.findOne(filter).lean<MessageDoc>())
  }

  async byIds(messageIds: string[]): Promise<MessageDoc[]> {
    return this.withQuotes(await this.model.find(withIds(messageIds)).lean<MessageDoc[]>())
  }

  /** Messages from one seq to another, both inclusive, oldest first. */
  async between(roomId: string, from: number, to: number): Promise<MessageDoc[]> {
    return this.withQuotes(await this.plainBetween(roomId, from, to))
  }

  /** Like `between`, without the texts that replies quote. */
  plainBetween(roomId: string, from: number, to: number): Promise<MessageDoc[]> {
    const filter = roomRange(messageId, roomId, from, to)
    return this.model.find(filter).sort({ _id: 1 }).lean<MessageDoc[]>()
  }

  /** When a message was written, in ms; null when there is none. */
  async timeOf(roomId: string, seq: number): Promise<number | null> {
    const filter = { _id: messageId(roomId, seq), roomId }
    const found = await this.model.findOne(filter, { createdAt: 1 }).lean<{ createdAt: Date }>()
    return found?.createdAt.getTime() ?? null
  }

  /** The messages of a range that were ever changed, without their content. */
  changedBetween(roomId: string, from: number, to: number): Promise<Change[]> {
    const filter = { ...roomRange(messageId, roomId, from, to), updatedAt: { $exists: true } }
    return this.model.find(filter, { seq: 1, status: 1, updatedAt: 1 }).sort({ _id: 1 }).lean<Change[]>()
  }

  /** The messages of a range that mention somebody, without their content. */
  mentioningBetween(roomId: string, from: number, to: number): Promise<Mentions[]> {
    const filter = { ...roomRange(messageId, roomId, from, to), mentions: { $exists: true } }
    const fields = { seq: 1, mentions: 1, createdAt: 1, updatedAt: 1 }
    return this.model.find(filter, fields).sort({ _id: 1 }).lean<Mentions[]>()
  }

  /** Stores what may change of a message. */
  async update(doc: MessageDoc, session: ClientSession) {
    const { _id, roomId, data, replyTo, mentions, meta, updatedAt } = asStored(doc)
    const changed = { data, replyTo, meta, status: statusOf(doc), updatedAt, ...(mentions && { mentions }) }
    const update = { $set: changed, ...(!mentions && { $unset: { mentions: 1 } }) }
    await this.model.updateOne({ _id, roomId }, update as never, { session })
  }

  /** Stores all of a message anew, unique keys included. */
  async replace(doc: MessageDoc, session: ClientSession) {
    await this.database.replace(this.model, asStored(doc), session)
  }

  async deleteRoom(roomId: string) {
    await this.model.deleteMany(ofRoom(messageId, roomId))
  }

  /** Fills in what replies quote: the quoted message's text as it is now, and '' when that message is gone. */
  private async withQuotes(docs: MessageDoc[]): Promise<MessageDoc[]> {
    const ids = docs.flatMap(({ replyTo }) => (replyTo ? [replyTo.messageId] : []))
    if (ids.length === 0) return docs
    const fields = { 'data.content.text': 1, status: 1 }
    const quoted = await this.model.find(withIds(ids), fields).lean<MessageDoc[]>()
    const texts = new Map(quoted.map((doc) => [doc._id, quoteOf(doc)]))
    return docs.map((doc) =>
      doc.replyTo
        ? { ...doc, replyTo: { ...doc.replyTo, text: texts.get(doc.replyTo.messageId) ?? '' } }
        : doc,
    )
  }

  private async withQuote(doc: MessageDoc | null): Promise<MessageDoc | null> {
    return doc && ((await this.withQuotes([doc]))[0] as MessageDoc)
  }
}
