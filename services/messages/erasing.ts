import { type Caller, type Input, messageWithout, type Output } from '@chat/contract'
import { type Bus, type StreamEvent, scrubRoom } from '@chat/service'
import type { Changes } from './change-store.ts'
import type { Changing } from './changing.ts'
import type { ExportDisposing } from './export-disposing.ts'
import type { Indexing } from './indexing.ts'
import type { Reports } from './report-store.ts'
import type { Store } from './store.ts'
import type { Traces } from './traces.ts'

/** What one request may cost; the next one goes on where it stopped. */
const BUDGET_MS = 20_000
const BATCH = 200

const AFTER = 'after:'
/** Messages that name somebody: where some are, and what takes the name off them. */
type Naming = {
  find: (userId: string, limit: number) => Promise<{ _id: string; roomId: string }[]>
  forget: (ids: string[], userId: string) => Promise<void>
}

const afterRoom = (roomId = '') => `${AFTER}${roomId}`

type Parts = {
  store: Store
  changes: Changes
  reports: Reports
  changing: Changing
  indexing: Indexing
  exports: ExportDisposing
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
    const { store, reports, changes, exports } = this.parts
    const until = performance.now() + BUDGET_MS
    if (cursor === undefined) await exports.endUser(userId)
    let after = cursor?.slice(AFTER.length) || undefined
    for (;;) {
      const { roomIds, last } = await this.parts.traces.page(caller, userId, after)
      for (const roomId of roomIds) {
        if (!(await this.eraseInRoom(caller, roomId, userId, until))) return { nextCursor: afterRoom(after) }
      }
      if (last === null) break
      after = last
      if (performance.now() > until) return { nextCursor: afterRoom(after) }
    }
    // Whoever quotes or mentions them from here on finds nobody.
    const isUnnamed =
      (await this.forget(userId, { find: store.quotesOf, forget: store.quoteNobody }, until)) &&
      (await this.forget(userId, { find: store.mentionsOf, forget: store.mentionNot }, until))
    if (!isUnnamed) return { nextCursor: afterRoom(after) }
    await reports.deleteOf(userId)
    await changes.forgetWho(userId)
    return { nextCursor: null }
  }

  /** @returns false where the time is over before it is done */
  private async eraseInRoom(caller: Caller, roomId: string, userId: string, until: number): Promise<boolean> {
    const { store, changing, indexing, exports } = this.parts
    await exports.hold(roomId)
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
    await exports.renew(roomId)
    return true
  }

  /** @returns false where the time is over before nobody names them any more */
  private async forget(userId: string, naming: Naming, until: number): Promise<boolean> {
    const { exports } = this.parts
    const seen = new Map<string, number>()
    while (performance.now() < until) {
      const found = await naming.find(userId, BATCH)
      if (found.length === 0) return true
      const roomIds = new Set(found.map(({ roomId }) => roomId))
      for (const roomId of roomIds) {
        await exports.hold(roomId)
        seen.set(roomId, await this.scrub(roomId, userId, seen.get(roomId) ?? 1))
      }
      const ids = found.map(({ _id }) => _id)
      await naming.forget(ids, userId)
      for (const roomId of roomIds) await exports.renew(roomId)
    }
    return false
  }

  private scrub(roomId: string, userId: string, from: number): Promise<number> {
    const without = (event: StreamEvent) => eventWithout(event, userId)
    return scrubRoom({ bus: this.parts.bus, roomId, from, without })
  }
}

/** The event itself where there is nothing of them in it. */
function eventWithout(event: StreamEvent, userId: string): StreamEvent {
  const message = messageWithout(event.message, userId)
  const isNewly = event.kind === 'change' && (event.mentioned?.includes(userId) ?? false)
  if (message === event.message && !isNewly) return event
  if (event.kind !== 'change' || !event.mentioned) return { ...event, message }
  return { ...event, message, mentioned: event.mentioned.filter((id) => id !== userId) }
}
