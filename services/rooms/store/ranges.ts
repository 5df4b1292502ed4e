import { memberId } from './documents.ts'

/** Members, bans or mutes of a room: `_id`s between the room's prefix and the next possible one. */
export const inRoom = (roomId: string, afterUserId = '') => ({
  _id: { $gt: memberId(roomId, afterUserId), $lt: `${roomId};` },
})
