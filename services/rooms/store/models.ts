import type { Connection } from '@chat/service'
import mongoose, { type ClientSession, type IndexDefinition, type IndexOptions } from 'mongoose'
import type * as docs from './documents.ts'

type Index = [fields: IndexDefinition, options?: IndexOptions]

/**
 * The model of a collection. documents.ts alone says what its fields are: input is validated by the contract before it
 * gets here, and nothing is cast.
 */
function modelOf<T>(connection: Connection, collection: string, ...indexes: Index[]) {
  const schema = new mongoose.Schema({ _id: String }, { strict: false, versionKey: false, minimize: false })
  for (const index of indexes) schema.index(...index)
  return connection.model(collection, schema, collection) as unknown as mongoose.Model<T>
}

export const openModels = (connection: Connection) => ({
  users: modelOf<docs.UserDoc>(
    connection,
    'users',
    [{ grams: 1, _id: 1 }],
    [{ checkAt: 1 }, { sparse: true }],
  ),
  members: modelOf<docs.MemberDoc>(
    connection,
    'members',
    [{ userId: 1, roomId: 1 }],
    [{ roomId: 1, createdAt: -1 }],
  ),
  rooms: modelOf<docs.RoomDoc>(connection, 'rooms', [{ 'link.sid': 1, _id: 1 }, { sparse: true }]),
  claims: modelOf<docs.ClaimDoc>(connection, 'claims'),
  // The indexes by user of bans and mutes are for erasures.
  bans: modelOf<docs.BanDoc>(connection, 'bans', [{ userId: 1 }]),
  // A mute is removed when it ends.
  mutes: modelOf<docs.MuteDoc>(
    connection,
    'mutes',
    [{ userId: 1 }],
    [{ mutedUntil: 1 }, { expireAfterSeconds: 0 }],
  ),
  mentions: modelOf<docs.MentionDoc>(connection, 'mentions', [{ userId: 1, roomId: 1, seq: 1 }]),
  blocks: modelOf<docs.BlockDoc>(connection, 'blocks', [{ userId: 1 }], [{ blockedId: 1 }]),
  erased: modelOf<docs.ErasedDoc>(connection, 'erased'),
  roomEvents: modelOf<docs.RoomEventDoc>(connection, 'facts', [{ createdAt: 1 }]),
  uncounted: modelOf<docs.UncountedDoc>(connection, 'gone'),
})
/** A transaction in progress. Domain code passes it on and never looks inside. */
export type Transaction = ClientSession
export type Models = ReturnType<typeof openModels>
