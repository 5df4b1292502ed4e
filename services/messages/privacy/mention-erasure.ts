import { type Caller, type Erased, messageWithout } from '@chat/contract'
import { type Bus, eraseRoomEvents, type StreamEvent } from '@chat/service'
import type { ChangeStore } from '../changes/change-store.ts'
import type { MessageChanges } from '../changes/message-changes.ts'
import type { ExportErasure } from '../exports/export-erasure.ts'
import type { ReportStore } from '../reports/report-store.ts'
import type { SearchIndexer } from '../search/search-indexer.ts'
import type { MessageStore } from '../send/message-store.ts'
import type { ErasedMentionStore } from './erased-mention-store.ts'

const BATCH = 200

type Place = { roomId: string; messageId: string }
type Parts = {
  store: MessageStore
  changes: ChangeStore
  messageChanges: MessageChanges
  reports: ReportStore
  mentioned: ErasedMentionStore
  searchIndexer: SearchIndexer
  exports: ExportErasure
  bus: Bus
}

/**
 * Takes a person's name out of what mentions them: first out of the messages themselves, each of which is noted before;
 * then out of what was made of those, by the notes.
 */
export class MentionErasure {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** @returns false where the time is over before nothing mentions them any more */
  async takeOut(caller: Caller, erased: Erased, until: number): Promise<boolean> {
    const { store, changes, mentioned, exports } = this.parts
    const { userId } = erased
    while (performance.now() < until) {
      const docs = await store.mentionsOf(userId, BATCH)
      const texts = await changes.textsMentioning(userId, BATCH)
      const places = [...docs.map(({ _id, roomId }) => ({ roomId, messageId: _id })), ...texts]
      if (places.length === 0) return true
      await mentioned.note(userId, places)
      for (const roomId of new Set(places.map((place) => place.roomId))) await exports.rebuildLater(roomId)
      for (const place of places) {
        if (performance.now() > until) return false
        await this.change(caller, place, erased)
      }
      await changes.unmention(texts, erased)
    }
    return false
  }

  /** Of a room after the other, beginning after that one. @returns the last one that is done; null at the end */
  async cleanCopies(erased: Erased, after: string, until: number): Promise<string | null> {
    const { mentioned, reports, exports } = this.parts
    const { userId } = erased
    for (let last = after; ; ) {
      const roomId = await mentioned.roomAfter(userId, last)
      if (roomId === null) return null
      const mentionedIn = await mentioned.inRoom(userId, roomId)
      await this.scrub(roomId, { ...erased, mentionedIn })
      await reports.unquote({ ...erased, mentionedIn })
      await exports.rebuild(roomId)
      last = roomId
      if (performance.now() > until) return last
    }
  }

  /** @returns the stream's number after what was looked at */
  scrub(roomId: string, erased: Erased, from = 1): Promise<number> {
    const without = (event: StreamEvent) => eventWithout(event, erased)
    return eraseRoomEvents({ bus: this.parts.bus, roomId, from, without })
  }

  private async change(caller: Caller, { roomId, messageId }: Place, erased: Erased) {
    const { messageChanges, searchIndexer } = this.parts
    const message = await messageChanges.unmention(caller, { roomId, messageId }, erased)
    await searchIndexer.handle([{ kind: 'change', change: 0, message }])
  }
}

/** The event itself where there is nothing of them in it. */
function eventWithout(event: StreamEvent, erased: Erased): StreamEvent {
  const message = messageWithout(event.message, erased)
  const isNewly = event.kind === 'change' && (event.mentioned?.includes(erased.userId) ?? false)
  if (message === event.message && !isNewly) return event
  if (event.kind !== 'change' || !event.mentioned) return { ...event, message }
  return { ...event, message, mentioned: event.mentioned.filter((id) => id !== erased.userId) }
}
