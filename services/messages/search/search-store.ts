import { messageId } from '@chat/contract'
import { type Connection, insertMissing, writeEach } from '@chat/service'
import mongoose from 'mongoose'
import { wholeRoom } from '../send/room-sequence.ts'
import { openPeriods, periodOf } from './periods.ts'
import type { Position } from './position.ts'

/** What a message can be found by. One that is gone has no grams, but keeps its entry: see `replace`. */
export type SearchEntry = Position & { roomId: string; grams: string[]; updatedAt: Date }
type StoredEntry = SearchEntry & { period: number }

export type Candidates = {
  period: number
  /** All of them; one at least. */
  grams: readonly string[]
  roomIds: readonly string[]
  below: Position | null
  limit: number
}

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const entrySchema = new Schema<StoredEntry>(
  {
    _id: String,
    period: required(Number),
    roomId: required(String),
    grams: required([String]),
    createdAt: required(Date),
    updatedAt: required(Date),
  },
  { versionKey: false },
)
// Periods come first: what is written falls into the newest one, a small part of the index, and no query reads more
// than one of them, however many messages there are.
entrySchema.index({ period: 1, grams: 1, roomId: 1 }, { name: 'search' })

/** The index of all rooms' messages; what it finds is to be checked against the messages. */
export async function openSearch(connection: Connection) {
  const model = connection.model<StoredEntry>('SearchEntry', entrySchema, 'search')
  await model.createIndexes()
  const periods = await openPeriods(connection)

  const inPeriods = async (entries: SearchEntry[]): Promise<StoredEntry[]> => {
    const stored = entries.map((entry) => ({ ...entry, period: periodOf(entry) }))
    await periods.note(stored.map(({ period }) => period))
    return stored
  }

  return {
    /** Entries of new messages; those that are there already stay as they are. */
    async insert(entries: SearchEntry[]) {
      await insertMissing(model, await inPeriods(entries))
    },

    /**
     * Entries of messages that have changed: of two states of a message the later one stays, whoever comes first. That
     * takes an entry to compare with, so those of messages that are gone are emptied and not deleted.
     */
    async replace(entries: SearchEntry[]) {
      const stored = await inPeriods(entries)
      const taken = await writeEach(
        model,
        stored.map((entry) => replacing(entry, true)),
      )
      // There is a later one, or somebody has inserted it meanwhile: now there is one to compare with.
      const again = taken.map((index) => replacing(stored[index] as StoredEntry, false))
      if (again.length > 0) await writeEach(model, again)
    },

    /** The newest entries of a period with these grams in these rooms. */
    async newest(candidates: Candidates): Promise<Position[]> {
      return model
        .find(filterOf(candidates), { createdAt: 1 })
        .sort({ createdAt: -1, _id: -1 })
        .limit(candidates.limit)
        .lean<Position[]>()
    },

    async deleteRoom(roomId: string) {
      await model.deleteMany(wholeRoom(messageId, roomId))
    },

    periods: periods.list,
  }
}
export type SearchStore = Awaited<ReturnType<typeof openSearch>>

const replacing = ({ _id, updatedAt, ...rest }: StoredEntry, upsert: boolean) => ({
  updateOne: {
    filter: { _id: _id as never, updatedAt: { $lt: updatedAt } },
    update: { $set: { ...rest, updatedAt } },
    upsert,
  },
})

/**
 * What the index can answer stands apart from what is left to compare: some engines use an index for equalities and
 * one list, and for nothing beyond. The period is in both parts, or they would be made one again.
 */
function filterOf({ period, grams: [gram, ...others], roomIds, below }: Candidates) {
  const indexed = { period, grams: gram, roomId: roomIds.length === 1 ? roomIds[0] : { $in: roomIds } }
  if (others.length === 0 && !below) return indexed
  const rest = { ...(others.length > 0 && { grams: { $all: others } }), ...(below && isBelow(below)) }
  return { $and: [indexed, { period, ...rest }] }
}

const isBelow = ({ createdAt, _id }: Position) => ({
  $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: _id } }],
})
