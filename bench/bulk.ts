import { messageId } from '@chat/contract'
import { type Db, ObjectId } from 'mongodb'

type Message = { _id: string; roomId: string; seq: number; syncKey: string }
type Room = { _id: string; lastSeq: number; link: { sid: string; name: string } | null }
type Member = { _id: string; roomId: string; userId: string }

export type Databases = { messages: Db; rooms: Db }

const BATCH = 2_000

/** Fills an empty room with `count` copies of a message that the service wrote in another room. */
export async function fillRoom(databases: Databases, sampleRoomId: string, roomId: string, count: number) {
  const collection = databases.messages.collection<Message>('messages')
  const sample = await collection.findOne({ roomId: sampleRoomId })
  if (!sample) throw new Error('there is no message to copy')
  for (let from = 1; from <= count; from += BATCH) {
    const docs = Array.from({ length: Math.min(BATCH, count - from + 1) }, (_, index) => ({
      ...sample,
      _id: messageId(roomId, from + index),
      roomId,
      seq: from + index,
      syncKey: `bulk-${from + index}`,
    }))
    await collection.insertMany(docs, { ordered: true })
  }
  await databases.rooms.collection<Room>('rooms').updateOne({ _id: roomId }, { $set: { lastSeq: count } })
}

/** Makes copies of a room, its members included. @returns their ids */
export async function copyRoom({ rooms }: Databases, roomId: string, count: number): Promise<string[]> {
  const [room, members] = await Promise.all([
    rooms.collection<Room>('rooms').findOne({ _id: roomId }),
    rooms.collection<Member>('members').find({ roomId }).toArray(),
  ])
  if (!room) throw new Error('there is no room to copy')
  const ids = Array.from({ length: count }, () => new ObjectId().toHexString())
  await rooms
    .collection<Room>('rooms')
    .insertMany(ids.map((_id) => ({ ...room, _id, link: { sid: _id, name: _id } })))
  await rooms
    .collection<Member>('members')
    .insertMany(
      ids.flatMap((id) =>
        members.map((member) => ({ ...member, _id: `${id}:${member.userId}`, roomId: id })),
      ),
    )
  return ids
}
