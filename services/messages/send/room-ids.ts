import { type IdOf, idRange, wholeRoom } from '@chat/service'

// Filters by `_id`, which holds room and number. Each names the room as well, so that a cluster sharded by `roomId` asks
// one shard. `_id` comes first: the development database takes the index of the first field.

/** The documents of a room from one number to another, both inclusive. */
export const roomRange = (idOf: IdOf, roomId: string, from: number, to: number) => ({
  _id: idRange(idOf, roomId, from, to),
  roomId,
})

export const ofRoom = (idOf: IdOf, roomId: string) => ({ _id: wholeRoom(idOf, roomId), roomId })

/** Messages by id, of any rooms. */
export const withIds = (messageIds: string[]) => {
  const roomIds = new Set(messageIds.map((id) => id.slice(0, id.lastIndexOf('-'))))
  return { _id: { $in: messageIds }, roomId: { $in: [...roomIds] } }
}
