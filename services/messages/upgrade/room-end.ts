import { type IdOf, type Stored, writeEach } from '@chat/service'
import type { Model } from 'mongoose'
import { roomRange } from '../send/room-ids.ts'

type Numbered = Stored & { _id: string; roomId: string; createdAt: Date }
type RoomEnd = {
  roomId: string
  idOf: IdOf
  /** The room's last number. */
  last: number
  since: Date
  noteFound: () => Promise<void>
}

const READ = 250

/**
 * Adds the missing stored times of a room's messages or changes, from its end back to what is older than `since`.
 * @returns how many there were
 */
export async function addStoredTimes<T extends Numbered>(
  model: Model<T>,
  { roomId, idOf, last, since, noteFound }: RoomEnd,
): Promise<number> {
  let added = 0
  for (let to = last; to > 0; to -= READ) {
    const filter = roomRange(idOf, roomId, Math.max(1, to - READ + 1), to) as object
    const docs = await model.find(filter, { createdAt: 1, storedAt: 1 }).sort({ _id: 1 }).lean<Numbered[]>()
    const timeless = docs.filter(({ storedAt, createdAt }) => !storedAt && createdAt >= since)
    if (timeless.length > 0) {
      await noteFound()
      await writeEach(
        model,
        timeless.map((doc) => addition(roomId, doc)),
      )
    }
    added += timeless.length
    const [oldest] = docs
    if (!oldest || oldest.createdAt < since) return added
  }
  return added
}

const addition = (roomId: string, { _id, createdAt }: Numbered) => ({
  updateOne: {
    filter: { _id: _id as never, roomId, storedAt: { $exists: false } },
    update: { $set: { storedAt: createdAt } },
  },
})
