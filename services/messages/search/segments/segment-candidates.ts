import { messageId } from '@chat/contract'
import { TimeSlice } from '@chat/service'
import type { Position } from '../position.ts'
import { CHUNK_ENTRIES, type Entry, type EntryChunk } from './entry-chunk.ts'
import { groupOf, listOf, type OrdinalList } from './postings.ts'
import { chunkPart, partId, postingsPart, type Segment } from './segment.ts'
import type { SegmentStore } from './segment-store.ts'

export type Terms = {
  /** One at least. A candidate has all of them. */
  hashes: readonly number[]
  /** Read after the others, where these have something in common. */
  roomHash: number | null
  /** Awaited when the first candidates are there. */
  rooms: Promise<ReadonlySet<string>>
  below: Position | null
}
type Chunks = { read: (ids: string[]) => Promise<Map<string, EntryChunk>> }
/** Ordinals within a chunk of entries that is not read yet. `end`: no entry in it is newer. */
type OpenChunk = { id: string; end: number; ordinals: number[] }

const FIRST_SEGMENTS = 12
const MAX_AT_ONCE = 64
const FIRST_ORDINALS = 128
const MAX_ORDINALS = 4_096

/**
 * Finds entries with all terms, newest first. Segments and chunks are read from the newest to the oldest, as many as
 * it takes, each time more of them.
 */
export class SegmentCandidates {
  private readonly store: SegmentStore
  private readonly chunks: Chunks
  private readonly terms: Terms
  /** By the time of the newest entry, newest first. */
  private readonly segments: Segment[]
  private open: OpenChunk[] = []
  /** In order, newest first. */
  private found: Position[] = []
  private segmentsAtOnce = FIRST_SEGMENTS
  private ordinalsAtOnce = FIRST_ORDINALS

  constructor(store: SegmentStore, chunks: Chunks, segments: readonly Segment[], terms: Terms) {
    this.store = store
    this.chunks = chunks
    this.terms = terms
    const { below } = terms
    this.segments = segments
      .filter(({ from }) => !below || from <= below.createdAt)
      .sort((one, other) => other.to.getTime() - one.to.getTime())
  }

  /** @returns the next candidates, none at the end @throws SegmentGone */
  async next(): Promise<Position[]> {
    for (;;) {
      const chunk = this.open[0]?.end ?? Number.NEGATIVE_INFINITY
      const segment = this.segments[0]?.to.getTime() ?? Number.NEGATIVE_INFINITY
      const ready = this.takeFound(Math.max(chunk, segment))
      if (ready.length > 0 || Math.max(chunk, segment) === Number.NEGATIVE_INFINITY) return ready
      await (segment >= chunk ? this.openSegments() : this.readChunks())
    }
  }

  /** What is newer than everything that is not read yet. A message may have several entries. */
  private takeFound(bound: number): Position[] {
    const end = this.found.findIndex(({ createdAt }) => createdAt.getTime() <= bound)
    const ready = this.found.splice(0, end < 0 ? this.found.length : end)
    return ready.filter(({ _id }, index) => _id !== ready[index - 1]?._id)
  }

  private async openSegments() {
    const segments = this.segments.splice(0, this.segmentsAtOnce)
    this.segmentsAtOnce = Math.min(2 * this.segmentsAtOnce, MAX_AT_ONCE)
    const { hashes, roomHash } = this.terms
    const lists = await this.listsOf(segments, hashes)
    const found = new Map<Segment, number[]>()
    const slice = new TimeSlice()
    for (const segment of segments) {
      const ordinals = common(lists.get(segment) ?? [])
      if (ordinals.length > 0) found.set(segment, ordinals)
      if (slice.isOver) await slice.next()
    }
    const rooms = roomHash === null ? null : await this.listsOf([...found.keys()], [roomHash])
    for (const [segment, ordinals] of found) {
      const [room] = rooms?.get(segment) ?? []
      this.open.push(...this.chunksOf(segment, room?.among(ordinals) ?? ordinals))
      if (slice.isOver) await slice.next()
    }
    this.open.sort((one, other) => other.end - one.end)
  }

  private async listsOf(segments: readonly Segment[], hashes: readonly number[]) {
    const idOf = ({ _id, bits }: Segment, hash: number) => partId(_id, postingsPart(groupOf(hash, bits)))
    const ids = segments.flatMap((segment) => hashes.map((hash) => idOf(segment, hash)))
    const documents = await this.store.read([...new Set(ids)])
    const listIn = (segment: Segment, hash: number) =>
      listOf(documents.get(idOf(segment, hash)) as Buffer, hash, segment.bits)
    return new Map(segments.map((segment) => [segment, hashes.map((hash) => listIn(segment, hash))]))
  }

  private chunksOf(segment: Segment, ordinals: number[]): OpenChunk[] {
    const chunks = Map.groupBy(ordinals, (ordinal) => Math.floor(ordinal / CHUNK_ENTRIES))
    const { below } = this.terms
    return [...chunks].flatMap(([chunk, inChunk]) => {
      const begins = segment.ends[chunk - 1] ?? segment.from
      if (below && begins > below.createdAt) return []
      const id = partId(segment._id, chunkPart(chunk))
      const end = (segment.ends[chunk] as Date).getTime()
      return [{ id, end, ordinals: inChunk.map((ordinal) => ordinal % CHUNK_ENTRIES) }]
    })
  }

  private async readChunks() {
    const chunks: OpenChunk[] = []
    for (let ordinals = 0; ordinals < this.ordinalsAtOnce && chunks.length < MAX_AT_ONCE; ) {
      const chunk = this.open.shift()
      if (!chunk) break
      chunks.push(chunk)
      ordinals += chunk.ordinals.length
    }
    this.ordinalsAtOnce = Math.min(2 * this.ordinalsAtOnce, MAX_ORDINALS)
    const [read, rooms] = await Promise.all([this.chunks.read(chunks.map(({ id }) => id)), this.terms.rooms])
    for (const { id, ordinals } of chunks) {
      const entries = read.get(id) as EntryChunk
      for (const ordinal of ordinals) this.add(entries.at(ordinal), rooms)
    }
    this.found.sort(newestFirst)
  }

  private add({ roomId, seq, createdAt }: Entry, rooms: ReadonlySet<string>) {
    if (!rooms.has(roomId)) return
    const position = { createdAt: new Date(createdAt), _id: messageId(roomId, seq) }
    if (!this.terms.below || newestFirst(this.terms.below, position) < 0) this.found.push(position)
  }
}

/** The order of results. */
export const newestFirst = (one: Position, other: Position) =>
  other.createdAt.getTime() - one.createdAt.getTime() ||
  (one._id < other._id ? 1 : one._id > other._id ? -1 : 0)

/** The ordinals in all lists. */
function common(lists: OrdinalList[]): number[] {
  const [shortest, ...others] = lists.sort((one, other) => one.length - other.length)
  let ordinals = shortest?.take() ?? []
  for (const list of others) ordinals = list.among(ordinals)
  return ordinals
}
