import { messageId } from '@chat/contract'
import { type Connection, chunksOf } from '@chat/service'
import { ofRoom } from '../send/room-ids.ts'
import type { Removal } from './maintenance/removal-store.ts'
import { olderThan, type Position } from './position.ts'

type Entry = Position & { roomId: string; period: number; grams: string[] }
type Question = {
  /** One at least; an entry must have all of them. */
  grams: readonly string[]
  roomIds: readonly string[]
  below: Position | null
}

const PERIOD_MS = 28 * 24 * 60 * 60 * 1000
const BATCH = 200
const REMOVE = 100

/**
 * The index of versions before segments: an entry per message, with its grams, in periods of four weeks. It is read
 * until the segments hold everything, and then it is dropped.
 */
export class OldIndex {
  private readonly entries
  private readonly noted
  private readonly connection: Connection

  // Not models, or every start would create the collections.
  constructor(connection: Connection) {
    this.connection = connection
    this.entries = connection.collection<Entry & { _id: string }>('search')
    this.noted = connection.collection<{ _id: number }>('searchPeriods')
  }

  async isThere(): Promise<boolean> {
    return (await this.noted.findOne({})) !== null
  }

  /** Candidates, newest first. */
  async *candidates({ grams, roomIds, below: start }: Question): AsyncGenerator<Position[]> {
    if (roomIds.length === 0) return
    let below = start
    for (const period of await this.periods(start)) {
      for (let isMore = true; isMore; ) {
        const batch = await this.newest(period, { grams, roomIds, below })
        isMore = batch.length === BATCH
        below = batch.at(-1) ?? null
        if (batch.length > 0) yield batch
      }
      below = olderThan(period * PERIOD_MS)
    }
  }

  async remove(removals: readonly Removal[]) {
    const ids = removals.flatMap(({ roomId, message }) => (message ? [messageId(roomId, message.seq)] : []))
    for (const some of chunksOf(ids, REMOVE)) await this.entries.deleteMany({ _id: { $in: some } })
    for (const { roomId, message } of removals)
      if (!message) await this.entries.deleteMany(ofRoom(messageId, roomId))
  }

  async drop() {
    const { db } = this.connection
    const names = new Set((await db?.listCollections().toArray())?.map(({ name }) => name))
    for (const name of ['search', 'searchPeriods']) if (names.has(name)) await db?.dropCollection(name)
  }

  /** The periods that have entries, newest first. */
  private async periods(below: Position | null): Promise<number[]> {
    const newest = below ? Math.floor(below.createdAt.getTime() / PERIOD_MS) : Number.MAX_SAFE_INTEGER
    const found = await this.noted.find({ _id: { $lte: newest } }, { sort: { _id: -1 } }).toArray()
    return found.map(({ _id }) => _id)
  }

  private newest(period: number, question: Question): Promise<Position[]> {
    const options = {
      projection: { createdAt: 1 },
      sort: { createdAt: -1, _id: -1 },
      limit: BATCH,
    } as const
    return this.entries.find(filterOf(period, question) as object, options).toArray()
  }
}

/**
 * The part that the index answers stands apart from the rest: the development database uses an index for equalities
 * and one list only. The period is in both parts, or that database would merge them.
 */
function filterOf(period: number, { grams: [gram, ...others], roomIds, below }: Question) {
  const indexed = { period, grams: gram, roomId: roomIds.length === 1 ? roomIds[0] : { $in: roomIds } }
  if (others.length === 0 && !below) return indexed
  const rest = { ...(others.length > 0 && { grams: { $all: others } }), ...(below && isBelow(below)) }
  return { $and: [indexed, { period, ...rest }] }
}

const isBelow = ({ createdAt, _id }: Position) => ({
  $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: _id } }],
})
