import { isGone, type Message } from '@chat/contract'
import { isDuplicate } from '@chat/service'
import type { GoneDoc, Mark } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'

/** What a message became, as far as counting goes. */
export const markOf = (message: Message): Mark => ({
  seq: message.seq,
  isGone: isGone(message),
  updatedAt: message.updatedAt,
})

/** Longer than the stream keeps what it might deliver again. */
const REPEATS_FOR_MS = 8 * 24 * 60 * 60 * 1000

/**
 * Of two marks of one message the later counts, in whatever order they come. One that is not gone is kept for as long
 * as an older one, by which it was, may still arrive.
 */
export function merged(known: Mark[], told: Mark[], now = Date.now()): Mark[] {
  const bySeq = new Map(known.map((mark) => [mark.seq, mark]))
  for (const mark of told) {
    const before = bySeq.get(mark.seq)
    if (!before || before.updatedAt < mark.updatedAt) bySeq.set(mark.seq, mark)
  }
  const since = new Date(now - REPEATS_FOR_MS).toISOString()
  return [...bySeq.values()]
    .filter((mark) => mark.isGone || mark.updatedAt > since)
    .sort((a, b) => a.seq - b.seq)
}

const seqsOf = (doc: GoneDoc) => doc.marks.filter((mark) => mark.isGone).map((mark) => mark.seq)

/**
 * Which messages count as unread for nobody: one document a room, written where its version is still the one that was
 * read, so that of two instances at once one merges again.
 */
export class UncountedMessages {
  private readonly store: RoomStore
  constructor(store: RoomStore) {
    this.store = store
  }

  /** Takes marks in, in any order and any number of times. */
  async note(roomId: string, marks: Mark[]): Promise<void> {
    const known = await this.store.gone.findById(roomId).lean()
    const next = merged(known?.marks ?? [], marks)
    const isNew = JSON.stringify(next) !== JSON.stringify(known?.marks ?? [])
    if (isNew && !(await this.write(roomId, known, next))) return this.note(roomId, marks)
    const lastGone = next.findLast((mark) => mark.isGone)?.seq
    if (lastGone !== undefined) await this.store.rooms.updateOne({ _id: roomId }, { $max: { lastGone } })
  }

  /** For a recount: these, and what was marked after it began. @returns whether that is another set than before */
  async replace(roomId: string, marks: Mark[], began: string): Promise<boolean> {
    const known = await this.store.gone.findById(roomId).lean()
    const recent = known?.marks.filter((mark) => mark.updatedAt > began) ?? []
    const next = merged(marks, recent)
    const isSame = JSON.stringify(next) === JSON.stringify(known?.marks ?? [])
    if (isSame) return false
    return (await this.write(roomId, known, next)) || this.replace(roomId, marks, began)
  }

  /** Which messages of these rooms have ever changed, and what became of them. */
  async marksOf(roomIds: string[]): Promise<Map<string, Mark[]>> {
    const found = await this.store.gone.find({ _id: { $in: roomIds } }).lean()
    return new Map(found.map(({ _id, marks }) => [_id, marks]))
  }

  /** The gone seqs of each of these rooms, ascending; rooms that have none are left out. */
  async ofRooms(roomIds: string[]): Promise<Map<string, number[]>> {
    if (roomIds.length === 0) return new Map()
    const found = await this.store.gone.find({ _id: { $in: roomIds } }).lean()
    return new Map(found.map((doc) => [doc._id, seqsOf(doc)]))
  }

  /** Those of one room; nothing is read where `lastGone` tells that none is above the cursor. */
  async above(readSeq: number, room: { _id: string; lastGone?: number }): Promise<number[]> {
    if ((room.lastGone ?? 0) <= readSeq) return []
    return (await this.ofRooms([room._id])).get(room._id) ?? []
  }

  /** @returns false where somebody else has written since it was read */
  private async write(roomId: string, known: GoneDoc | null, marks: Mark[]): Promise<boolean> {
    if (known) {
      const { version } = known
      const { matchedCount } = await this.store.gone.updateOne(
        { _id: roomId, version },
        { $set: { marks, version: version + 1 } },
      )
      return matchedCount > 0
    }
    try {
      await this.store.gone.collection.insertOne({ _id: roomId as never, version: 1, marks })
      return true
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
  }
}
