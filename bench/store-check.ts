import { MongoClient } from 'mongodb'
import type { Acked } from './load/crowd.ts'

type Stored = { roomId: string; seq: number; syncKey: string }

/** Checks that the store holds exactly the acked messages, each at its seq. @returns the problems */
export async function compareWithStore(
  mongoUrl: string,
  database: string,
  acked: Acked[],
): Promise<string[]> {
  const client = new MongoClient(mongoUrl)
  try {
    const stored = await client
      .db(database)
      .collection<Stored>('messages')
      .find({ roomId: { $in: acked.map(({ roomId }) => roomId) } }, { batchSize: 20_000 })
      .project<Stored>({ _id: 0, roomId: 1, seq: 1, syncKey: 1 })
      .toArray()
    const byRoom = Map.groupBy(stored, ({ roomId }) => roomId)
    return acked.flatMap(({ roomId, syncKeys }) => compareRoom(roomId, syncKeys, byRoom.get(roomId) ?? []))
  } finally {
    await client.close()
  }
}

function compareRoom(roomId: string, syncKeys: string[], stored: Stored[]): string[] {
  if (stored.length !== syncKeys.length)
    return [`${roomId}: ${syncKeys.length} messages were acked, ${stored.length} are stored`]
  const wrong = stored.find(({ seq, syncKey }) => syncKeys[seq - 1] !== syncKey)
  return wrong ? [`${roomId}: the message stored at ${wrong.seq} is not the one acked`] : []
}
