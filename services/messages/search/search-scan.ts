import { isGone } from '@chat/contract'
import { type MessageDoc, type MessageStore, statusOf } from '../send/message-store.ts'
import { beforePeriod } from './periods.ts'
import type { Position } from './position.ts'
import type { SearchStore } from './search-store.ts'

export type Question = {
  grams: readonly string[]
  roomIds: readonly string[]
  /** Whether a message is what is looked for: the index finds all that are, and some more. */
  matches: (doc: MessageDoc) => boolean
}
/** `next`: go on below it; null where nothing is left. A page may be short, or empty, with more to come. */
export type Found = { docs: MessageDoc[]; next: Position | null }

/** What one request may cost; the next one goes on where it stopped. */
const BUDGET_MS = 1_000
const MAX_LOOKED_AT = 2_000
const BATCH = 200
/** Messages are read a few at a time: most of what the index finds matches. */
const CHUNK = 50

/** One request's way through the index, from the newest message to older ones. */
export class SearchScan {
  private readonly search: SearchStore
  private readonly byIds: MessageStore['byIds']
  private readonly question: Question
  private readonly count: number
  private readonly until = performance.now() + BUDGET_MS
  private readonly found: MessageDoc[] = []
  private lookedAt = 0
  /** Where a client may be told to go on: the place of a message that nobody sees would tell of it. */
  private told: Position | null = null

  constructor(
    parts: { search: SearchStore; byIds: MessageStore['byIds'] },
    question: Question,
    count: number,
  ) {
    this.search = parts.search
    this.byIds = parts.byIds
    this.question = question
    this.count = count
  }

  /** Looks for one more than is wanted, to know whether there is more. */
  async from(start: Position | null): Promise<Found> {
    let below = start
    if (this.question.roomIds.length === 0) return { docs: [], next: null }
    for (const period of await this.search.periods(start)) {
      const isThrough = await this.through(period, below)
      if (this.found.length > this.count) {
        const docs = this.found.slice(0, this.count)
        return { docs, next: docs.at(-1) as MessageDoc }
      }
      if (isThrough) this.told = beforePeriod(period)
      below = null
      if (this.isSpent()) return { docs: this.found, next: this.told }
    }
    return { docs: this.found, next: null }
  }

  /** @returns whether it came to the period's end */
  private async through(period: number, start: Position | null): Promise<boolean> {
    const { grams, roomIds } = this.question
    for (let below = start; ; ) {
      const batch = await this.search.newest({ period, grams, roomIds, below, limit: BATCH })
      for (let at = 0; at < batch.length; at += CHUNK) {
        await this.lookAt(batch.slice(at, at + CHUNK))
        if (this.found.length > this.count || this.isSpent()) return false
      }
      if (batch.length < BATCH) return true
      below = batch.at(-1) as Position
    }
  }

  private async lookAt(positions: Position[]) {
    const docs = new Map((await this.byIds(positions.map(({ _id }) => _id))).map((doc) => [doc._id, doc]))
    this.lookedAt += positions.length
    for (const position of positions) {
      const doc = docs.get(position._id)
      if (!doc || isGone({ status: statusOf(doc) })) continue
      this.told = position
      if (this.question.matches(doc)) this.found.push(doc)
    }
  }

  private isSpent() {
    const isOver = this.lookedAt >= MAX_LOOKED_AT || performance.now() >= this.until
    return isOver && this.told !== null
  }
}
