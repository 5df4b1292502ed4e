import type { Connection } from '@chat/service'
import mongoose, { type ClientSession, type IndexDefinition, type IndexOptions } from 'mongoose'
import type * as docs from './documents.ts'

/** documents.ts alone says what the fields are: the contract has validated all input, and nothing is cast. */
export function openModels(connection: Connection) {
  const modelOf = <T>(collection: string, ...indexes: [IndexDefinition, IndexOptions?][]) => {
    const schema = new mongoose.Schema({ _id: String }, { strict: false, versionKey: false, minimize: false })
    for (const index of indexes) schema.index(...index)
    return connection.model(collection, schema, collection) as unknown as mongoose.Model<T>
  }
  return {
    users: modelOf<docs.UserDoc>('users', [{ grams: 1, _id: 1 }], [{ checkAt: 1 }, { sparse: true }]),
    members: modelOf<docs.MemberDoc>('members', [{ userId: 1, roomId: 1 }], [{ roomId: 1, createdAt: -1 }]),
    rooms: modelOf<docs.RoomDoc>('rooms', [{ 'link.sid': 1, _id: 1 }, { sparse: true }]),
    claims: modelOf<docs.ClaimDoc>('claims'),
    // The indexes by user of bans and mutes are for erasures.
    bans: modelOf<docs.BanDoc>('bans', [{ userId: 1 }]),
    // A mute is removed when it ends.
    mutes: modelOf<docs.MuteDoc>('mutes', [{ userId: 1 }], [{ mutedUntil: 1 }, { expireAfterSeconds: 0 }]),
    mentions: modelOf<docs.MentionDoc>('mentions', [{ userId: 1, roomId: 1, seq: 1 }]),
    blocks: modelOf<docs.BlockDoc>('blocks', [{ userId: 1 }], [{ blockedId: 1 }]),
    erased: modelOf<docs.ErasedDoc>('erased'),
    roomEvents: modelOf<docs.RoomEventDoc>('facts', [{ createdAt: 1 }]),
    uncounted: modelOf<docs.UncountedDoc>('gone'),
  }
}
export type Transaction = ClientSession
export type Models = ReturnType<typeof openModels>
