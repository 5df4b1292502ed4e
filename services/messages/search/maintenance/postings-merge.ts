import { TimeSlice } from '@chat/service'
import { PostingsReader, PostingsWriter } from '../segments/postings.ts'
import { partId, postingsPart, type Segment } from '../segments/segment.ts'
import type { SegmentStore } from '../segments/segment-store.ts'

/** The terms of some neighbouring groups of one segment. */
class TermCursor {
  hash = Number.POSITIVE_INFINITY
  readonly places: Int32Array
  private readonly readers: PostingsReader[]

  constructor(readers: PostingsReader[], places: Int32Array) {
    this.readers = readers
    this.places = places
    this.next()
  }

  next() {
    while (this.readers[0] && !this.readers[0].next()) this.readers.shift()
    this.hash = this.readers[0]?.hash ?? Number.POSITIVE_INFINITY
  }

  take = (): number[] => this.readers[0]?.ordinals().take() ?? []
}

type Source = { segment: Segment; places: Int32Array }

/**
 * Merges the postings of segments, from the lowest hashes to the highest, so that a few documents of each are in memory.
 * @param bits of the new segment, at least the fewest of its sources
 * @yields the documents of the new segment's next groups
 */
export async function* mergePostings(store: SegmentStore, sources: readonly Source[], bits: number) {
  const common = Math.min(...sources.map(({ segment }) => segment.bits))
  const writer = new PostingsWriter(bits)
  const slice = new TimeSlice()
  for (let group = 0; group < 2 ** common; group++) {
    const cursors = await openCursors(store, sources, group, common)
    for (let hash = lowest(cursors); hash !== Number.POSITIVE_INFINITY; hash = lowest(cursors)) {
      const ordinals = takeOrdinals(cursors, hash)
      if (ordinals.length > 0) writer.add(hash, ordinals)
      if (slice.isOver) await slice.next()
    }
    writer.advance((group + 1) * 2 ** (bits - common))
    yield writer.take()
  }
}

async function openCursors(store: SegmentStore, sources: readonly Source[], group: number, common: number) {
  const named = sources.map(({ segment: { _id, bits } }) => {
    const count = 2 ** (bits - common)
    const groups = Array.from({ length: count }, (_, index) => group * count + index)
    return groups.map((number) => ({ number, id: partId(_id, postingsPart(number)) }))
  })
  const documents = await store.read(named.flat().map(({ id }) => id))
  return sources.map(({ segment: { bits }, places }, source) => {
    const groups = named[source] as (typeof named)[number]
    const readers = groups.map(
      ({ number, id }) => new PostingsReader(documents.get(id) as Buffer, number, bits),
    )
    return new TermCursor(readers, places)
  })
}

const lowest = (cursors: readonly TermCursor[]) =>
  cursors.reduce((least, { hash }) => Math.min(least, hash), Number.POSITIVE_INFINITY)

/** The new ordinals of a term, ascending, and moves the cursors behind it. */
function takeOrdinals(cursors: readonly TermCursor[], hash: number): number[] {
  const ordinals: number[] = []
  let isAscending = true
  let last = -1
  for (const cursor of cursors) {
    if (cursor.hash !== hash) continue
    for (const ordinal of cursor.take()) {
      const place = cursor.places[ordinal] as number
      if (place < 0) continue
      if (place < last) isAscending = false
      last = place
      ordinals.push(place)
    }
    cursor.next()
  }
  return isAscending ? ordinals : ordinals.sort((one, other) => one - other)
}
