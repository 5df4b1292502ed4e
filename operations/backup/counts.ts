import type { mongo } from 'mongoose'

const BATCH = 1_000

type Member = { _id: string; roomId: string }
type Room = { _id: string; memberCount: number }

/**
 * Where rooms and members were read at different moments, a room's number of members is not how many there are: sets it
 * right. Nobody may use the store meanwhile.
 * @returns how many rooms it was wrong of
 */
export async function mendMemberCounts(database: mongo.Db): Promise<number> {
  const rooms = database.collection<Room>('rooms')
  let mended = 0
  let counts = new Map<string, number>()
  const write = async () => {
    const writes = [...counts].map(([_id, memberCount]) => ({
      updateOne: { filter: { _id, memberCount: { $ne: memberCount } }, update: { $set: { memberCount } } },
    }))
    if (writes.length > 0) mended += (await rooms.bulkWrite(writes, { ordered: false })).modifiedCount
  }
  // By their key, which begins with the room: those of one room come together.
  const members = database.collection<Member>('members').find({}, { projection: { roomId: 1 } })
  for await (const { roomId } of members.sort({ _id: 1 })) {
    if (!counts.has(roomId) && counts.size >= BATCH) {
      await write()
      counts = new Map()
    }
    counts.set(roomId, (counts.get(roomId) ?? 0) + 1)
  }
  await write()
  return mended
}
