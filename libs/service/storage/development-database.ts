import { LRUCache } from 'lru-cache'
import { chunksOf } from '../async/chunks.ts'
import { type Database, type IdOf, type LastNumber, MAX_NUMBER, numberIn } from './database.ts'

/**
 * secantus, the database of a machine that can get no MongoDB. What it does differently:
 * - It may choose an index by an equality and compare the rest: `roomId` beside `_id` reads the whole room.
 * - `sort` with `limit` reads the whole range. So the last number of a room is found by point reads.
 * - Every document that an update of a bulk writes is a commit of its own, synced to disk. So many values go into one
 *   update.
 * - `$in` costs about 0.2 ms an id, and other requests wait meanwhile. So long lists are cut.
 * - A unique index never frees a value that an update took away. So a document is deleted and inserted anew.
 */
export const developmentDatabase: Database = {
  inRoom: (_roomId, _id) => ({ _id }),

  lastNumber: (model, idOf) => {
    const highestOf = async (ids: string[]) => {
      const found = await model.collection
        .find({ _id: { $in: ids as never[] } }, { projection: { _id: 1 } })
        .toArray()
      return Math.max(0, ...found.map(({ _id }) => numberIn(String(_id))))
    }
    return new ProbedSequence({ idOf, highestOf })
  },

  updateEach: async (model, values, pipelineOf) => {
    for (const slice of slices(values)) {
      const ids = slice.map(([id]) => id as never)
      await model.collection.updateMany({ _id: { $in: ids } }, pipelineOf(valueById(slice)))
    }
  },

  replace: async (model, document, session) => {
    await model.collection.deleteOne({ _id: document._id as never }, { session })
    await model.collection.insertOne(document as never, { session })
  },

  slices,
}

/** Few enough that other requests wait a few milliseconds at most. */
const SLICE = 16

function slices<T>(items: readonly T[]): T[][] {
  return [...chunksOf(items, SLICE)]
}

/** In an update's pipeline: the value that belongs to the document's `_id`. */
const valueById = (values: (readonly [id: string, value: unknown])[]) => ({
  $arrayElemAt: [
    { $literal: values.map(([, value]) => value) },
    { $indexOfArray: [{ $literal: values.map(([id]) => id) }, '$_id'] },
  ],
})

const MAX_ROOMS = 50_000
const HEX_PLACES = 9

type Source = {
  idOf: IdOf
  /** The highest number among the stored documents with these ids; 0 where there is none. */
  highestOf: (ids: string[]) => Promise<number>
}

/** Finds last numbers by point reads: one where few have come since it was known, otherwise a handful. */
export class ProbedSequence implements LastNumber {
  private readonly source: Source
  /** The highest number that was found per room. What is stored stays stored. */
  private readonly known = new LRUCache<string, number>({ max: MAX_ROOMS })

  constructor(source: Source) {
    this.source = source
  }

  note(roomId: string, number: number) {
    this.known.set(roomId, Math.max(number, this.known.get(roomId) ?? 0))
  }

  async of(roomId: string): Promise<number> {
    const known = this.known.get(roomId)
    const last = known === undefined ? await this.lastAfter(roomId, 0) : await this.lastNear(roomId, known)
    this.note(roomId, last)
    return last
  }

  private async lastNear(roomId: string, known: number): Promise<number> {
    // Most rooms are as they were, and one id costs a fifteenth of what fifteen do.
    if ((await this.highest(roomId, [known + 1])) === 0) return known
    const probes = probesAfter(known, 1)
    const highest = await this.highest(roomId, probes)
    return highest === probes.at(-1) ? this.lastAfter(roomId, highest) : Math.max(known, highest)
  }

  private async lastAfter(roomId: string, known: number): Promise<number> {
    const highest = await this.highest(roomId, probesAfter(known, HEX_PLACES))
    return highest === 0 ? known : this.lastAfter(roomId, highest)
  }

  private highest(roomId: string, numbers: number[]): Promise<number> {
    return this.source.highestOf(numbers.map((number) => this.source.idOf(roomId, number)))
  }
}

/** Each hexadecimal digit in each place, beyond `from`: every answer settles the highest digit that is left. */
function probesAfter(from: number, places: number): number[] {
  const digits = Array.from({ length: 15 }, (_, digit) => digit + 1)
  return Array.from({ length: places }, (_, place) => 16 ** place)
    .flatMap((place) => digits.map((digit) => from + digit * place))
    .filter((number) => number <= MAX_NUMBER)
}
