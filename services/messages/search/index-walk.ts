import type { Bus, DutyCycle, Logger } from '@chat/service'
import type { MessageDoc } from '../send/message-doc.ts'
import type { MessageStore } from '../send/message-store.ts'

/** The walk goes on behind this message. */
export type WalkPlace = { roomId: string; seq: number; messages: number }
type Parts = {
  bus: Bus
  store: MessageStore
  logger: Logger
  pace: DutyCycle
  /** Gets all messages, a page at a time, in the order of their ids. Pages may come again. */
  addPage: (docs: MessageDoc[]) => Promise<unknown>
  note: (place: WalkPlace) => Promise<void>
}

const caller = { userId: '', requestId: 'index walk' }
/** Few enough to be decoded within some milliseconds. */
const READ = 250
const PAGE = 2_000
const LOG_EVERY = 100_000

/** Goes through all messages of all rooms, room by room. */
export class IndexWalk {
  private readonly parts: Parts
  private readonly signal: AbortSignal
  private page: MessageDoc[] = []
  private place: WalkPlace

  constructor(parts: Parts, place: WalkPlace, signal: AbortSignal) {
    this.parts = parts
    this.place = place
    this.signal = signal
  }

  async run() {
    const { roomId, seq } = this.place
    if (roomId) await this.walkRoom(roomId, seq)
    for (let after = roomId; ; ) {
      const { roomIds } = await this.parts.bus.ask('listRoomIds', caller, after ? { after } : {})
      for (const each of roomIds) await this.walkRoom(each, 0)
      const last = roomIds.at(-1)
      if (last === undefined) break
      after = last
    }
    await this.handlePage()
  }

  private async walkRoom(roomId: string, after: number) {
    for (let seq = after; ; ) {
      this.signal.throwIfAborted()
      const docs = await this.parts.store.plainBetween(roomId, seq + 1, seq + READ)
      this.page.push(...docs)
      if (this.page.length >= PAGE) await this.parts.pace.run(() => this.handlePage())
      if (docs.length < READ) return
      seq += READ
    }
  }

  private async handlePage() {
    const docs = this.page
    const last = docs.at(-1)
    if (!last) return
    this.page = []
    await this.parts.addPage(docs)
    const before = this.place.messages
    this.place = { roomId: last.roomId, seq: last.seq, messages: before + docs.length }
    await this.parts.note(this.place)
    if (Math.floor(before / LOG_EVERY) < Math.floor(this.place.messages / LOG_EVERY))
      this.parts.logger.info(this.place, 'walking through all messages')
  }
}
