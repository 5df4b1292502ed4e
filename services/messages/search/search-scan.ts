import { isDocGone, type MessageDoc } from '../send/message-doc.ts'
import type { MessageStore } from '../send/message-store.ts'
import type { IndexReader } from './index-reader.ts'
import type { Position } from './position.ts'

export type Question = {
  grams: readonly string[]
  /** Whether a candidate is a hit: the index finds all hits, and some more. */
  matches: (doc: MessageDoc) => boolean
  start: Position | null
  count: number
}
/** `next`: go on below it; null at the end. A page may be short, or empty, and have a next one. */
export type Found = { docs: MessageDoc[]; next: Position | null }
type Parts = { searchReader: IndexReader; store: MessageStore }

/** What one request may cost. The next request goes on where it stopped. */
const BUDGET_MS = 1_000
const MAX_CANDIDATES = 2_000
/** Most candidates match, so messages are read a few at a time. */
const SPARE = 4
const MAX_READ = 50

/** Walks through the index from the newest message to older ones, to one hit more than `count`: is there a next page? */
export async function scanIndex(
  parts: Parts,
  question: Question,
  roomIds: readonly string[] | Promise<readonly string[]>,
): Promise<Found> {
  const { matches, count, grams, start } = question
  const deadline = performance.now() + BUDGET_MS
  const hits: MessageDoc[] = []
  let checked = 0
  /** Where a client may go on. Never the position of a message that is gone: that would reveal it. */
  let next: Position | null = null
  for await (const candidates of parts.searchReader.candidates({ grams, roomIds, below: start })) {
    for (let at = 0; at < candidates.length; ) {
      const positions = candidates.slice(at, at + Math.min(MAX_READ, count - hits.length + SPARE))
      at += positions.length
      const docs = await visibleAt(parts.store, positions)
      hits.push(...docs.filter(matches))
      if (hits.length > count) return { docs: hits.slice(0, count), next: hits[count - 1] as MessageDoc }
      checked += positions.length
      next = docs.at(-1) ?? next
      const isBudgetSpent = checked >= MAX_CANDIDATES || performance.now() >= deadline
      if (isBudgetSpent && next !== null) return { docs: hits, next }
    }
  }
  return { docs: hits, next: null }
}

async function visibleAt(store: MessageStore, positions: Position[]): Promise<MessageDoc[]> {
  const docs = await store.byIds(positions.map(({ _id }) => _id))
  const byId = new Map(docs.map((doc) => [doc._id, doc]))
  return positions.flatMap(({ _id }) => byId.get(_id) ?? []).filter((doc) => !isDocGone(doc))
}
