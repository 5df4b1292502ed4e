import { type Connection, type Index, modelOf, storedIndex } from '@chat/service'
import type { ClientSession } from 'mongoose'
import type * as docs from './documents.ts'

/** A day longer than the stream keeps events. */
const EVENT_SECONDS = 8 * 24 * 60 * 60

export function openModels(connection: Connection) {
  const open = <T>(collection: string, ...indexes: Index[]) => modelOf<T>(connection, collection, ...indexes)
  return {
    users: open<docs.UserDoc>('users', [{ grams: 1, _id: 1 }], [{ checkAt: 1 }, { sparse: true }]),
    members: open<docs.MemberDoc>('members', [{ userId: 1, roomId: 1 }], [{ roomId: 1, createdAt: -1 }]),
    rooms: open<docs.RoomDoc>('rooms', [{ 'link.sid': 1, _id: 1 }, { sparse: true }]),
    claims: open<docs.ClaimDoc>('claims'),
    // The indexes by user of bans and mutes are for erasures.
    bans: open<docs.BanDoc>('bans', [{ userId: 1 }]),
    // A mute is removed when it ends.
    mutes: open<docs.MuteDoc>('mutes', [{ userId: 1 }], [{ mutedUntil: 1 }, { expireAfterSeconds: 0 }]),
    mentions: open<docs.MentionDoc>('mentions', [{ userId: 1, roomId: 1, seq: 1 }]),
    blocks: open<docs.BlockDoc>('blocks', [{ userId: 1 }], [{ blockedId: 1 }]),
    erased: open<docs.ErasedDoc>('erased'),
    roomEvents: open<docs.RoomEventDoc>('roomEvents', [
      storedIndex[0],
      { expireAfterSeconds: EVENT_SECONDS },
    ]),
    /** Unpublished events of earlier versions. */
    formerRoomEvents: open<docs.RoomEventDoc>('facts'),
    uncounted: open<docs.UncountedDoc>('gone'),
  }
}
export type Transaction = ClientSession
export type Models = ReturnType<typeof openModels>
