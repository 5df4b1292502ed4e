import { type Caller, type Input, messageWithout, type Output } from '@chat/contract'
import { type Bus, type StreamEvent, scrubRoom } from '@chat/service'
import type { Changes } from './change-store.ts'
import type { Changing } from './changing.ts'
import type { Indexing } from './indexing.ts'
import type { Reports } from './report-store.ts'
import type { Store } from './store.ts'
import type { Traces } from './traces.ts'

/** What one request may cost; the next one goes on where it stopped. */
const BUDGET_MS = 20_000
const BATCH = 200

const AFTER = 'after:'
const afterRoom = (roomId = '') => `${AFTER}${roomId}`

type Parts = {
  store: Store
  changes: Changes
  reports: Reports
  changing: Changing
  indexing: Indexing
  traces: Traces
  bus: Bus
}

/**
 * Takes a person out of all messages. The stream first, which keeps messages for days, then the store, by which a room
 * is found again after a crash; each step may be done again.
 */
export class Erasing {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  async erase(
    caller: Caller,
    { userId, cursor }: Input<'eraseUserInMessages'>,
  ): Promise<Output<'eraseUserInMessages'>> {
    const until = performance.now() + BUDGET_MS
    for (let after = cursor?.slice(AFTER.length) || undefined; ; ) {
      const { roomIds, last } = await this.parts.traces.page(caller, userId, after)
      for (const roomId of roomIds) {
        if (!(await this.eraseInRoom(caller, roomId, userId, until))) return { nextCursor: afterRoom(after) }
      }
      if (last === null) break
      after = last
      if (performance.now() > until) return { nextCursor: afterRoom(after) }
    }
    // Whoever quotes them from here on finds nobody to quote.
    await this.forgetQuotes(userId)
    await this.parts.reports.deleteOf(userId)
    await this.parts.changes.forgetWho(userId)
    return { nextCursor: null }
  }

  /** @returns false where the time is over before it is done */
  private async eraseInRoom(caller: Caller, roomId: string, userId: string, until: number): Promise<boolean> {
    const { store, changing, indexing } = this.parts
    const seen = await this.scrub(roomId, userId, 1)
    for (;;) {
      const docs = await store.writtenBy(roomId, userId, '', BATCH)
      if (docs.length === 0) break
      for (const { _id } of docs) {
        if (performance.now() > until) return false
        const message = await changing.erase(caller, { roomId, messageId: _id })
        await indexing.handle([{ kind: 'change', change: 0, message }])
      }
    }
    await this.scrub(roomId, userId, seen)
    return true
  }

  private async forgetQuotes(userId: string) {
    const { store } = this.parts
    for (;;) {
      const quotes = await store.quotesOf(userId, BATCH)
      if (quotes.length === 0) return
      for (const roomId of new Set(quotes.map((quote) => quote.roomId))) await this.scrub(roomId, userId, 1)
      await store.quoteNobody(quotes.map(({ _id }) => _id))
    }
  }

  private scrub(roomId: string, userId: string, from: number): Promise<number> {
    const without = (event: StreamEvent): StreamEvent => {
      const message = messageWithout(event.message, userId)
      return message === event.message ? event : { ...event, message }
    }
    return scrubRoom({ bus: this.parts.bus, roomId, from, without })
  }
}
