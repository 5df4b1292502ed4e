import { messageId } from '@chat/contract'
import { type Connection, insertMissing, modelOf, writeEach } from '@chat/service'
import type { Model } from 'mongoose'
import { ofRoom } from '../send/room-ids.ts'
import { olderThan, type Position } from './position.ts'

/** The index entry of a message. One that is gone has no grams, but keeps its entry: see `replace`. */
export type SearchEntry = Position & { roomId: string; grams: string[]; updatedAt: Date }
type StoredEntry = SearchEntry & { period: number }

type Candidates = {
  period: number
  /** One at least; an entry must have all of them. */
  grams: readonly string[]
  roomIds: readonly string[]
  below: Position | null
  limit: number
}

/** Four weeks: few enough periods in years for a rare keyword, short enough for a frequent one. */
const PERIOD_MS = 28 * 24 * 60 * 60 * 1000

const periodOf = ({ createdAt }: Pick<Position, 'createdAt'>) => Math.floor(createdAt.getTime() / PERIOD_MS)
/** The position below which everything is older than the period. */
export const beforePeriod = (period: number) => olderThan(period * PERIOD_MS)

/** The search index of all rooms. What it finds must be checked against the messages. */
export class SearchStore {
  private readonly model: Model<StoredEntry>
  private readonly periodModel: Model<{ _id: number }>
  private readonly notedPeriods = new Set<number>()
  constructor(connection: Connection) {
    // Periods come first: inserts fall into the newest one, a small part of the index, and no query reads more than one.
    const index = { period: 1, grams: 1, roomId: 1 } as const
    this.model = modelOf(connection, 'search', [index, { name: 'search' }])
    this.periodModel = modelOf(connection, 'searchPeriods')
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

  /** The periods that have entries, newest first. A search skips all others. */
  async periods(below: Position | null): Promise<number[]> {
    const newest = below ? periodOf(below) : Number.MAX_SAFE_INTEGER
    const found = await this.periodModel
      .find({ _id: { $lte: newest } })
      .sort({ _id: -1 })
      .lean()
    return found.map(({ _id }) => _id)
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

  /** Notes the entries' periods before they are stored, so that no search skips one. */
  private async inPeriods(entries: SearchEntry[]): Promise<StoredEntry[]> {
    const stored = entries.map((entry) => ({ ...entry, period: periodOf(entry) }))
    const periods = new Set(stored.map(({ period }) => period)).difference(this.notedPeriods)
    if (periods.size > 0)
      await insertMissing(
        this.periodModel,
        [...periods].map((_id) => ({ _id })),
      )
    for (const period of periods) this.notedPeriods.add(period)
    return stored
  }
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
