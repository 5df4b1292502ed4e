import type { IndexUpgrade } from './index-upgrade.ts'
import type { OldIndex } from './old-index.ts'
import type { Position } from './position.ts'
import { roomTerm, wordTerms } from './search-terms.ts'
import { ChunkCache } from './segments/chunk-cache.ts'
import { newestFirst, SegmentCandidates } from './segments/segment-candidates.ts'
import { SegmentGone, type SegmentStore } from './segments/segment-store.ts'

type RoomIds = readonly string[]
type Question = {
  grams: readonly string[]
  /** Segments are read while these are still asked for. */
  roomIds: RoomIds | Promise<RoomIds>
  below: Position | null
}
type Parts = { segments: SegmentStore; oldIndex: OldIndex; upgrade: Pick<IndexUpgrade, 'isDone'> }

/** Each time, the segments that were read had just been merged. */
const MAX_TRIES = 5

/** Finds candidates: messages that may hold all grams, and all that hold them. */
export class IndexReader {
  private readonly parts: Parts
  private readonly chunks: ChunkCache

  constructor(parts: Parts) {
    this.parts = parts
    this.chunks = new ChunkCache(parts.segments)
  }

  /** Candidates in these rooms, newest first, some at a time. */
  async *candidates(question: Question): AsyncGenerator<Position[]> {
    const { oldIndex, upgrade } = this.parts
    if (await upgrade.isDone()) return yield* this.inSegments(question)
    const roomIds = await question.roomIds
    yield* merged(this.inSegments(question), oldIndex.candidates({ ...question, roomIds }))
  }

  private async *inSegments({ grams, roomIds, below }: Question): AsyncGenerator<Position[]> {
    const rooms = Promise.resolve(roomIds).then((ids) => new Set(ids))
    // Whoever asks sees the failure as well.
    rooms.catch(() => {})
    const terms = { hashes: wordTerms(grams), roomHash: onlyRoomOf(roomIds), rooms }
    let last = below
    for (let tries = 1; ; tries++) {
      const segments = await this.parts.segments.ready()
      const scan = new SegmentCandidates(this.parts.segments, this.chunks, segments, {
        ...terms,
        below: last,
      })
      try {
        for (let batch = await scan.next(); batch.length > 0; batch = await scan.next()) {
          yield batch
          last = batch.at(-1) ?? last
        }
        return
      } catch (error) {
        if (!(error instanceof SegmentGone) || tries === MAX_TRIES) throw error
      }
    }
  }
}

/** A room that is the only one to be searched has a term of its own. */
function onlyRoomOf(roomIds: Question['roomIds']): number | null {
  const [roomId, ...others] = 'then' in roomIds ? [] : roomIds
  return roomId !== undefined && others.length === 0 ? roomTerm(roomId) : null
}

type Positions = AsyncGenerator<Position[]>

/** What both give, newest first and once. */
async function* merged(one: Positions, other: Positions): Positions {
  const left = new Waiting(one)
  const right = new Waiting(other)
  while ((await left.fill()) && (await right.fill())) {
    const batch: Position[] = []
    while (left.first && right.first) {
      const order = newestFirst(left.first, right.first)
      batch.push(order <= 0 ? left.first : right.first)
      if (order <= 0) left.shift()
      if (order >= 0) right.shift()
    }
    yield batch
  }
  for (const rest of [left, right]) while (await rest.fill()) yield rest.take()
}

class Waiting {
  private positions: Position[] = []
  private readonly source: Positions

  constructor(source: Positions) {
    this.source = source
  }

  get first() {
    return this.positions[0]
  }

  /** @returns false at the end */
  async fill(): Promise<boolean> {
    if (this.positions.length === 0) this.positions = [...((await this.source.next()).value ?? [])]
    return this.positions.length > 0
  }

  shift = () => this.positions.shift()
  take = () => this.positions.splice(0)
}
