import { TimeSlice } from '@chat/service'
import {
  CHUNK_ENTRIES,
  type Entry,
  EntryChunk,
  encodeEntries,
  inOrder,
  isSameMessage,
} from '../segments/entry-chunk.ts'
import { chunkPart, type Part, partId, type Segment } from '../segments/segment.ts'
import type { SegmentStore } from '../segments/segment-store.ts'

/** Where an entry of a merged segment is in the new one. */
const DROPPED = -1

/** The entries of one segment, in order. `places` gets the new ordinal of each. */
class EntryCursor {
  readonly places: Int32Array
  entry: Entry | null = null
  ordinal = -1
  private chunk: EntryChunk | null = null
  private readonly store: SegmentStore
  private readonly segment: Segment

  constructor(store: SegmentStore, segment: Segment) {
    this.store = store
    this.segment = segment
    this.places = new Int32Array(segment.count).fill(DROPPED)
  }

  async next() {
    this.ordinal++
    const index = this.ordinal % CHUNK_ENTRIES
    if (this.ordinal >= this.segment.count) this.entry = null
    else {
      if (index === 0) await this.load(this.ordinal / CHUNK_ENTRIES)
      this.entry = this.chunk?.at(index) ?? null
    }
  }

  private async load(chunk: number) {
    const id = partId(this.segment._id, chunkPart(chunk))
    this.chunk = new EntryChunk((await this.store.read([id])).get(id) as Buffer)
  }
}

export type MergedEntries = {
  count: number
  from: Date
  ends: Date[]
  /** For each segment: the new ordinal of each of its entries, below zero where it is dropped. */
  places: Int32Array[]
}
type Options = {
  store: SegmentStore
  segments: readonly Segment[]
  isRemoved: (entry: Entry) => boolean
  /** Stores a chunk of the new segment. */
  put: (part: Part) => Promise<void>
}

/** Merges the entries of segments. Of several states of a message the latest stays, and of a state one entry. */
export async function mergeEntries({ store, segments, isRemoved, put }: Options): Promise<MergedEntries> {
  const cursors = segments.map((segment) => new EntryCursor(store, segment))
  await Promise.all(cursors.map((cursor) => cursor.next()))
  const chunks = new ChunkWriter(put)
  const slice = new TimeSlice()
  let last: { entry: Entry; places: Int32Array; ordinal: number } | null = null
  for (let cursor = first(cursors); cursor; cursor = first(cursors)) {
    const { entry, places, ordinal } = cursor as EntryCursor & { entry: Entry }
    if (!isRemoved(entry)) {
      if (last && isSameMessage(last.entry, entry)) {
        last.places[last.ordinal] = DROPPED
        chunks.replaceLast(entry)
      } else await chunks.add(entry)
      places[ordinal] = chunks.count - 1
      last = { entry, places, ordinal }
    }
    await cursor.next()
    if (slice.isOver) await slice.next()
  }
  await chunks.flush()
  const { count, from, ends } = chunks
  return { count, from, ends, places: cursors.map(({ places }) => places) }
}

function first(cursors: readonly EntryCursor[]): EntryCursor | null {
  let found: EntryCursor | null = null
  for (const cursor of cursors)
    if (cursor.entry && (!found?.entry || inOrder(cursor.entry, found.entry) < 0)) found = cursor
  return found
}

class ChunkWriter {
  count = 0
  from = new Date(0)
  readonly ends: Date[] = []
  private waiting: Entry[] = []
  private readonly put: Options['put']

  constructor(put: Options['put']) {
    this.put = put
  }

  async add(entry: Entry) {
    if (this.waiting.length === CHUNK_ENTRIES) await this.flush()
    if (this.count++ === 0) this.from = new Date(entry.createdAt)
    this.waiting.push(entry)
  }

  replaceLast(entry: Entry) {
    this.waiting[this.waiting.length - 1] = entry
  }

  async flush() {
    const last = this.waiting.at(-1)
    if (!last) return
    const name = chunkPart(this.ends.length)
    this.ends.push(new Date(last.createdAt))
    const data = encodeEntries(this.waiting)
    this.waiting = []
    await this.put({ name, data })
  }
}
