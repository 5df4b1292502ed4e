import { messageId } from '@chat/contract'
import { type Connection, insertMissing, writeEach } from '@chat/service'
import mongoose, { type Model } from 'mongoose'
import { ofRoom } from '../send/room-ids.ts'
import { openPeriods, type Periods, periodOf } from './periods.ts'
import type { Position } from './position.ts'

/** The index entry of a message. One that is gone has no grams, but keeps its entry: see `replace`. */
export type SearchEntry = Position & { roomId: string; grams: string[]; updatedAt: Date }
type StoredEntry = SearchEntry & { period: number }

export type Candidates = {
  period: number
  /** One at least; an entry must have all of them. */
  grams: readonly string[]
  roomIds: readonly string[]
  below: Position | null
  limit: number
}

const entrySchema = new mongoose.Schema<StoredEntry>(
  {
    _id: String,
    period: { type: Number, required: true },
    roomId: { type: String, required: true },
    grams: { type: [String], required: true },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { versionKey: false },
)
// Periods come first: inserts fall into the newest one, a small part of the index, and no query reads more than one.
entrySchema.index({ period: 1, grams: 1, roomId: 1 }, { name: 'search' })

/** The search index of all rooms. What it finds must be checked against the messages. */
export class SearchStore {
  private readonly model: Model<StoredEntry>
  private readonly periodStore: Periods
  constructor(model: Model<StoredEntry>, periods: Periods) {
    this.model = model
    this.periodStore = periods
  }

  /** Stores entries of new messages. Existing entries stay as they are. */
  async insert(entries: SearchEntry[]) {
    await insertMissing(this.model, await this.inPeriods(entries))
  }

  /**
   * Stores entries of changed messages. Of two states of a message the later one stays, whichever comes first. That
   * takes an entry to compare with, so the entries of messages that are gone are emptied and not deleted.
   */
  async replace(entries: SearchEntry[]) {
    const stored = await this.inPeriods(entries)
    const upserts = stored.map((entry) => replacing(entry, true))
    const conflicts = await writeEach(this.model, upserts)
    // A later state is stored, or another instance has just inserted an entry: now there is one to compare with.
    const updates = conflicts.map((index) => replacing(stored[index] as StoredEntry, false))
    if (updates.length > 0) await writeEach(this.model, updates)
  }

  /** The periods that have entries, newest first. */
  periods(below: Position | null): Promise<number[]> {
    return this.periodStore.list(below)
  }

  /** The newest entries of a period with these grams in these rooms. */
  newest(candidates: Candidates): Promise<Position[]> {
    return this.model
      .find(filterOf(candidates), { createdAt: 1 })
      .sort({ createdAt: -1, _id: -1 })
      .limit(candidates.limit)
      .lean<Position[]>()
  }

  async deleteRoom(roomId: string) {
    await this.model.deleteMany(ofRoom(messageId, roomId))
  }

  private async inPeriods(entries: SearchEntry[]): Promise<StoredEntry[]> {
    const stored = entries.map((entry) => ({ ...entry, period: periodOf(entry) }))
    await this.periodStore.note(stored.map(({ period }) => period))
    return stored
  }
}

export async function openSearch(connection: Connection): Promise<SearchStore> {
  const model = connection.model<StoredEntry>('SearchEntry', entrySchema, 'search')
  await model.createIndexes()
  return new SearchStore(model, await openPeriods(connection))
}

const replacing = ({ _id, updatedAt, ...rest }: StoredEntry, upsert: boolean) => ({
  updateOne: {
    filter: { _id: _id as never, updatedAt: { $lt: updatedAt } },
    update: { $set: { ...rest, updatedAt } },
    upsert,
  },
})

/**
 * The part that the index answers stands apart from the rest: the development database uses an index for equalities
 * and one list only. The period is in both parts, or that database would merge them.
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
