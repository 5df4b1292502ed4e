import type { mongo } from 'mongoose'

const BATCH = 1_000

type Member = { _id: string; roomId: string }
type Room = { _id: string; memberCount: number }

/**
 * Corrects `memberCount` of rooms. It can be wrong if rooms and members were read at different moments. Nothing else may
 * use the store meanwhile.
 * @returns how many rooms were corrected
 */
export async function repairMemberCounts(database: mongo.Db): Promise<number> {
  const rooms = database.collection<Room>('rooms')
  let repaired = 0
  let counts = new Map<string, number>()
  const write = async () => {
    const writes = [...counts].map(([_id, memberCount]) => ({
      updateOne: { filter: { _id, memberCount: { $ne: memberCount } }, update: { $set: { memberCount } } },
    }))
    if (writes.length > 0) repaired += (await rooms.bulkWrite(writes, { ordered: false })).modifiedCount
  }
  // Ids begin with the room's id, so the members of a room are adjacent.
  const members = database.collection<Member>('members').find({}, { projection: { roomId: 1 } })
  for await (const { roomId } of members.sort({ _id: 1 })) {
    if (!counts.has(roomId) && counts.size >= BATCH) {
      await write()
      counts = new Map()
    }
    counts.set(roomId, (counts.get(roomId) ?? 0) + 1)
  }
  await write()
  return repaired
}
