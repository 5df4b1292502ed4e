import type { Caller, Erased, Input, Output } from '@chat/contract'
import type { ChangeStore } from '../changes/change-store.ts'
import type { MessageChanges } from '../changes/message-changes.ts'
import type { ExportErasure } from '../exports/export-erasure.ts'
import type { ReportStore } from '../reports/report-store.ts'
import type { SearchIndexer } from '../search/search-indexer.ts'
import type { MessageStore } from '../send/message-store.ts'
import type { AuthorRooms } from './author-rooms.ts'
import type { MentionErasure } from './mention-erasure.ts'

/** What one request may cost; the next one goes on where it stopped. */
const BUDGET_MS = 20_000
const BATCH = 200

/** In which room it goes on, with what was written or with what was made of mentions. */
const AFTER = 'after:'
const COPIES = 'copies:'
const afterRoom = (roomId = '') => `${AFTER}${roomId}`
const copiesAfter = (roomId: string) => `${COPIES}${roomId}`

type Parts = {
  store: MessageStore
  changes: ChangeStore
  reports: ReportStore
  messageChanges: MessageChanges
  searchIndexer: SearchIndexer
  exports: ExportErasure
  traces: AuthorRooms
  unmentioning: MentionErasure
}

/**
 * Takes a person out of all messages. The stream first, which keeps messages for days, then the store, by which a room
 * is found again after a crash; each step may be done again.
 */
export class MessageErasure {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  async erase(
    caller: Caller,
    { cursor, ...erased }: Input<'eraseUserInMessages'>,
  ): Promise<Output<'eraseUserInMessages'>> {
    const until = performance.now() + BUDGET_MS
    if (cursor?.startsWith(COPIES)) return this.finish(erased, cursor.slice(COPIES.length), until)
    if (cursor === undefined) await this.parts.exports.removeUser(erased.userId)
    const first = cursor?.slice(AFTER.length) || undefined
    const after = await this.eraseWritten(caller, erased, first, until)
    if (after !== null) return { nextCursor: afterRoom(after) }
    return this.finish(erased, '', until)
  }

  /** @returns after which room to go on; null where nothing is theirs any more, quotes or mentions them */
  private async eraseWritten(
    caller: Caller,
    erased: Erased,
    first: string | undefined,
    until: number,
  ): Promise<string | undefined | null> {
    const { traces, unmentioning } = this.parts
    let after = first
    for (;;) {
      const { roomIds, last } = await traces.page(caller, erased.userId, after)
      for (const roomId of roomIds) if (!(await this.eraseInRoom(caller, roomId, erased, until))) return after
      if (last === null) break
      after = last
      if (performance.now() > until) return after
    }
    // Whoever quotes or mentions them from here on finds nobody.
    const isUnnamed =
      (await this.unquote(erased, until)) && (await unmentioning.takeOut(caller, erased, until))
    return isUnnamed ? null : after
  }

  /** Nobody speaks of them any more; what was said before is left. */
  private async finish(erased: Erased, after: string, until: number) {
    const { unmentioning, reports, changes } = this.parts
    const last = await unmentioning.cleanCopies(erased, after, until)
    if (last !== null) return { nextCursor: copiesAfter(last) }
    await reports.deleteOf(erased)
    await changes.forgetWho(erased.userId)
    return { nextCursor: null }
  }

  /** @returns false where the time is over before it is done */
  private async eraseInRoom(caller: Caller, roomId: string, erased: Erased, until: number): Promise<boolean> {
    const { store, messageChanges, searchIndexer, exports, unmentioning } = this.parts
    await exports.rebuildLater(roomId)
    const seen = await unmentioning.scrub(roomId, erased)
    for (;;) {
      const docs = await store.writtenBy(roomId, erased.userId, '', BATCH)
      if (docs.length === 0) break
      for (const { _id } of docs) {
        if (performance.now() > until) return false
        const message = await messageChanges.erase(caller, { roomId, messageId: _id })
        await searchIndexer.handle([{ kind: 'change', change: 0, message }])
      }
    }
    await unmentioning.scrub(roomId, erased, seen)
    await exports.rebuild(roomId)
    return true
  }

  /** @returns false where the time is over before nobody quotes them any more */
  private async unquote(erased: Erased, until: number): Promise<boolean> {
    const { store, exports, unmentioning } = this.parts
    const seen = new Map<string, number>()
    while (performance.now() < until) {
      const found = await store.quotesOf(erased.userId, BATCH)
      if (found.length === 0) return true
      const roomIds = new Set(found.map(({ roomId }) => roomId))
      for (const roomId of roomIds) {
        await exports.rebuildLater(roomId)
        seen.set(roomId, await unmentioning.scrub(roomId, erased, seen.get(roomId)))
      }
      await store.quoteNobody(found.map(({ _id }) => _id))
      for (const roomId of roomIds) await exports.rebuild(roomId)
    }
    return false
  }
}
