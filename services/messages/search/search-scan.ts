import { isDocGone, type MessageDoc } from '../send/message-doc.ts'
import type { MessageStore } from '../send/message-store.ts'
import type { Position } from './position.ts'
import { beforePeriod, type SearchStore } from './search-store.ts'

export type Question = {
  grams: readonly string[]
  roomIds: readonly string[]
  /** Whether a candidate is a hit: the index finds all hits, and some more. */
  matches: (doc: MessageDoc) => boolean
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

/** Walks through the index for one request, from the newest message to older ones. */
export class SearchScan {
  private readonly parts: Parts
  private readonly question: Question
  private readonly count: number
  private readonly deadline = performance.now() + BUDGET_MS
  private readonly hits: MessageDoc[] = []
  private candidates = 0
  /** Where a client may go on. Never the position of a message that is gone: that would reveal it. */
  private next: Position | null = null

  constructor(parts: Parts, question: Question, count: number) {
    this.parts = parts
    this.question = question
    this.count = count
  }

  /** Looks for one hit more than is wanted, which tells whether there is a next page. */
  async run(start: Position | null): Promise<Found> {
    let below = start
    if (this.question.roomIds.length === 0) return { docs: [], next: null }
    for (const period of await this.parts.searchStore.periods(start)) {
      const isComplete = await this.scanPeriod(period, below)
      if (this.hits.length > this.count) {
        const docs = this.hits.slice(0, this.count)
        return { docs, next: docs.at(-1) as MessageDoc }
      }
      if (isComplete) this.next = beforePeriod(period)
      below = null
      if (this.isBudgetSpent()) return { docs: this.hits, next: this.next }
    }
    return { docs: this.hits, next: null }
  }

  /** @returns whether it came to the period's end */
  private async scanPeriod(period: number, start: Position | null): Promise<boolean> {
    const { grams, roomIds } = this.question
    for (let below = start; ; ) {
      const batch = await this.parts.searchStore.newest({ period, grams, roomIds, below, limit: BATCH })
      for (let at = 0; at < batch.length; at += CHUNK) {
        await this.check(batch.slice(at, at + CHUNK))
        if (this.hits.length > this.count || this.isBudgetSpent()) return false
      }
      if (batch.length < BATCH) return true
      below = batch.at(-1) as Position
    }
  }

  private async check(positions: Position[]) {
    const docs = await this.parts.store.byIds(positions.map(({ _id }) => _id))
    const byId = new Map(docs.map((doc) => [doc._id, doc]))
    this.candidates += positions.length
    for (const position of positions) {
      const doc = byId.get(position._id)
      if (!doc || isDocGone(doc)) continue
      this.next = position
      if (this.question.matches(doc)) this.hits.push(doc)
    }
  }

  private isBudgetSpent() {
    const isSpent = this.candidates >= MAX_CANDIDATES || performance.now() >= this.deadline
    return isSpent && this.next !== null
  }
}
