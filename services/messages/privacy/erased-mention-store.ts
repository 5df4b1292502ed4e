import { type Connection, insertMissing } from '@chat/service'
import mongoose from 'mongoose'

/** A message that has mentioned somebody who is being erased; gone when they are. */
type ErasedMentionDoc = { _id: string; messageId: string; roomId: string }
type Place = { roomId: string; messageId: string }

const { Schema } = mongoose
const required = { type: String, required: true }
const schema = new Schema<ErasedMentionDoc>(
  { _id: String, messageId: required, roomId: required },
  { versionKey: false },
)

/** A user's id may be anything; as JSON it ends where it ends. */
const idOf = (userId: string, messageId: string) => `${JSON.stringify(userId)}:${messageId}`
/** What a user's ids begin with, beyond a message's; of all rooms, or of one. */
const range = (userId: string, after: string, roomId?: string) =>
  roomId === undefined
    ? { _id: { $gt: idOf(userId, after), $lt: `${JSON.stringify(userId)};` } }
    : { _id: { $gt: idOf(userId, after || `${roomId}-`), $lt: idOf(userId, `${roomId}.`) } }

/**
 * Where people were mentioned who are being erased. A message that mentions one is noted before it stops doing so: by
 * this list whatever was made of it is found then, in all services.
 */
export async function openErasedMentions(connection: Connection) {
  const model = connection.model<ErasedMentionDoc>('ErasedMention', schema, 'erasedMentions')
  await model.createCollection()
  return {
    async note(userId: string, places: Place[]) {
      const ids = new Map(places.map((place) => [idOf(userId, place.messageId), place]))
      const docs = [...ids].map(([_id, { messageId, roomId }]) => ({ _id, messageId, roomId }))
      if (docs.length > 0) await insertMissing(model, docs)
    },

    /** The next messages, of all rooms or of one, in the order of their ids. */
    async page(userId: string, after: string, limit: number, roomId?: string): Promise<string[]> {
      const docs = await model
        .find(range(userId, after, roomId), { messageId: 1 })
        .sort({ _id: 1 })
        .limit(limit)
        .lean()
      return docs.map(({ messageId }) => messageId)
    },

    /** All of one room. */
    async inRoom(userId: string, roomId: string): Promise<ReadonlySet<string>> {
      const docs = await model.find(range(userId, '', roomId), { messageId: 1 }).lean()
      return new Set(docs.map(({ messageId }) => messageId))
    },

    /** The next room in which there are some; null at the end. */
    async roomAfter(userId: string, roomId: string): Promise<string | null> {
      const after = roomId === '' ? '' : `${roomId}.`
      const [next] = await model.find(range(userId, after), { roomId: 1 }).sort({ _id: 1 }).limit(1).lean()
      return next?.roomId ?? null
    },

    async forget(userId: string) {
      await model.deleteMany(range(userId, ''))
    },
  }
}
export type ErasedMentionStore = Awaited<ReturnType<typeof openErasedMentions>>
