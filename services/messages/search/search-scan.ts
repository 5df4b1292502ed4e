import { isDocGone, type MessageDoc } from '../send/message-doc.ts'
import type { MessageStore } from '../send/message-store.ts'
import type { Position } from './position.ts'
import { beforePeriod, type SearchStore } from './search-store.ts'

export type Question = {
  grams: readonly string[]
  /** Whether a candidate is a hit: the index finds all hits, and some more. */
  matches: (doc: MessageDoc) => boolean
  start: Position | null
  count: number
}
/** `next`: go on below it; null at the end. A page may be short, or empty, and have a next one. */
export type Found = { docs: MessageDoc[]; next: Position | null }
type Parts = { searchStore: SearchStore; store: MessageStore }

/** What one request may cost. The next request goes on where it stopped. */
const BUDGET_MS = 1_000
const MAX_CANDIDATES = 2_000
const BATCH = 200
/** Most candidates match, so messages are read a few at a time. */
const CHUNK = 50

/** Walks through the index from the newest message to older ones, to one hit more than `count`: is there a next page? */
export async function scanIndex(
  parts: Parts,
  question: Question,
  roomIds: readonly string[],
): Promise<Found> {
  const { matches, count } = question
  const deadline = performance.now() + BUDGET_MS
  const hits: MessageDoc[] = []
  let checked = 0
  /** Where a client may go on. Never the position of a message that is gone: that would reveal it. */
  let next: Position | null = null
  for await (const { positions, end } of candidates(parts.searchStore, question, roomIds)) {
    const docs = await visibleAt(parts.store, positions)
    hits.push(...docs.filter(matches))
    if (hits.length > count) return { docs: hits.slice(0, count), next: hits[count - 1] as MessageDoc }
    checked += positions.length
    next = end ?? docs.at(-1) ?? next
    const isBudgetSpent = checked >= MAX_CANDIDATES || performance.now() >= deadline
    if (isBudgetSpent && next !== null) return { docs: hits, next }
  }
  return { docs: hits, next: null }
}

/** A few candidates at a time, newest first; `end` where everything of a period has been given. */
async function* candidates(searchStore: SearchStore, { grams, start }: Question, roomIds: readonly string[]) {
  if (roomIds.length === 0) return
  let below = start
  for (const period of await searchStore.periods(start)) {
    for (let isMore = true; isMore; ) {
      const batch: Position[] = await searchStore.newest({ period, grams, roomIds, below, limit: BATCH })
      isMore = batch.length === BATCH
      below = batch.at(-1) ?? null
      for (let at = 0; at < batch.length; at += CHUNK)
        yield { positions: batch.slice(at, at + CHUNK), end: null }
    }
    below = null
    yield { positions: [], end: beforePeriod(period) }
  }
}

async function visibleAt(store: MessageStore, positions: Position[]): Promise<MessageDoc[]> {
  if (positions.length === 0) return []
  const docs = await store.byIds(positions.map(({ _id }) => _id))
  const byId = new Map(docs.map((doc) => [doc._id, doc]))
  return positions.flatMap(({ _id }) => byId.get(_id) ?? []).filter((doc) => !isDocGone(doc))
}
