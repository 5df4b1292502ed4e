import { type Connection, insertMissing, modelOf } from '@chat/service'
import type { Model } from 'mongoose'

/** A message that has mentioned a user who is being erased. Deleted at the end of the erasure. */
type ErasedMentionDoc = { _id: string; messageId: string; roomId: string }
type Place = { roomId: string; messageId: string }

/** A user's id may hold any character; JSON marks where it ends. */
const idOf = (userId: string, messageId: string) => `${JSON.stringify(userId)}:${messageId}`
/** A user's ids after a message's, in all rooms or in one. */
const range = (userId: string, after: string, roomId?: string) =>
  roomId === undefined
    ? { _id: { $gt: idOf(userId, after), $lt: `${JSON.stringify(userId)};` } }
    : { _id: { $gt: idOf(userId, after || `${roomId}-`), $lt: idOf(userId, `${roomId}.`) } }

/**
 * Notes where erased users were mentioned. A message is noted before its mention is taken out, so that all services
 * find the copies of the message by these notes.
 */
export class ErasedMentionStore {
  private readonly model: Model<ErasedMentionDoc>
  constructor(connection: Connection) {
    this.model = modelOf(connection, 'erasedMentions')
  }

  async note(userId: string, places: Place[]) {
    const docs = places.map(({ messageId, roomId }) => ({ _id: idOf(userId, messageId), messageId, roomId }))
    const unique = [...new Map(docs.map((doc) => [doc._id, doc])).values()]
    if (unique.length > 0) await insertMissing(this.model, unique)
  }

  /** The next messages, in all rooms or in one, in the order of their ids. */
  async page(userId: string, after: string, limit: number, roomId?: string): Promise<string[]> {
    const docs = await this.model
      .find(range(userId, after, roomId), { messageId: 1 })
      .sort({ _id: 1 })
      .limit(limit)
      .lean()
    return docs.map(({ messageId }) => messageId)
  }

  /** All messages of one room. */
  async inRoom(userId: string, roomId: string): Promise<ReadonlySet<string>> {
    const docs = await this.model.find(range(userId, '', roomId), { messageId: 1 }).lean()
    return new Set(docs.map(({ messageId }) => messageId))
  }

  /** The next room with notes; null at the end. */
  async roomAfter(userId: string, roomId: string): Promise<string | null> {
    const after = roomId === '' ? '' : `${roomId}.`
    const [next] = await this.model.find(range(userId, after), { roomId: 1 }).sort({ _id: 1 }).limit(1).lean()
    return next?.roomId ?? null
  }

  async forget(userId: string) {
    await this.model.deleteMany(range(userId, ''))
  }
}
