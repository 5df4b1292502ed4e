import { type Caller, type Erased, messageWithout } from '@chat/contract'
import { type Bus, type StreamEvent, scrubRoom } from '@chat/service'
import type { Changes } from './change-store.ts'
import type { Changing } from './changing.ts'
import type { ErasedMentions } from './erased-mentions.ts'
import type { ExportDisposing } from './export-disposing.ts'
import type { Indexing } from './indexing.ts'
import type { Reports } from './report-store.ts'
import type { Store } from './store.ts'

const BATCH = 200

type Place = { roomId: string; messageId: string }
type Parts = {
  store: Store
  changes: Changes
  changing: Changing
  reports: Reports
  mentioned: ErasedMentions
  indexing: Indexing
  exports: ExportDisposing
  bus: Bus
}

/**
 * Takes a person's name out of what mentions them: first out of the messages themselves, each of which is noted before;
 * then out of what was made of those, by the notes.
 */
export class Unmentioning {
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
      for (const roomId of new Set(places.map((place) => place.roomId))) await exports.hold(roomId)
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
      await exports.renew(roomId)
      last = roomId
      if (performance.now() > until) return last
    }
  }

  /** @returns the stream's number after what was looked at */
  scrub(roomId: string, erased: Erased, from = 1): Promise<number> {
    const without = (event: StreamEvent) => eventWithout(event, erased)
    return scrubRoom({ bus: this.parts.bus, roomId, from, without })
  }

  private async change(caller: Caller, { roomId, messageId }: Place, erased: Erased) {
    const { changing, indexing } = this.parts
    const message = await changing.unmention(caller, { roomId, messageId }, erased)
    await indexing.handle([{ kind: 'change', change: 0, message }])
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
