import type { Caller, Input, Output, PersonalRecords } from '@chat/contract'
import { bytesOf, decodeCursor, encodeCursor, PAGE_BYTES } from '@chat/service'
import type { ExportErasure } from '../exports/export-erasure.ts'
import type { ReportStore } from '../reports/report-store.ts'
import { type MessageStore, presentMessage } from '../send/message-store.ts'
import type { AuthorRooms } from './author-rooms.ts'

const BATCH = 100
/** In which room, and after which syncKey of theirs; null where the room is done. */
type Place = [roomId: string, syncKey: string | null]
const isPlace = (place: unknown): place is Place =>
  Array.isArray(place) && typeof place[0] === 'string' && (place[1] === null || typeof place[1] === 'string')
type Records = PersonalRecords['records']

type Parts = { store: MessageStore; reports: ReportStore; exports: ExportErasure; traces: AuthorRooms }

/** What a person has written, reported and exported, for themselves. */
export class PersonalData {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  async page(
    caller: Caller,
    { userId, cursor }: Input<'exportUserFromMessages'>,
  ): Promise<Output<'exportUserFromMessages'>> {
    const place = cursor === undefined ? null : decodeCursor(cursor, isPlace)
    const records = place === null ? await this.asked(userId) : []
    if (place !== null && place[1] !== null) {
      const [roomId, syncKey] = await this.read(records, userId, place[0], place[1])
      return { records, nextCursor: encodeCursor([roomId, syncKey]) }
    }
    const { roomIds, last } = await this.parts.traces.page(caller, userId, place?.[0])
    for (const roomId of roomIds) {
      const end = await this.read(records, userId, roomId, '')
      if (end[1] !== null) return { records, nextCursor: encodeCursor(end) }
      if (bytesOf(records) > PAGE_BYTES) return { records, nextCursor: encodeCursor(end) }
    }
    return { records, nextCursor: last === null ? null : encodeCursor([last, null]) }
  }

  private async read(records: Records, userId: string, roomId: string, after: string): Promise<Place> {
    const docs = await this.parts.store.writtenBy(roomId, userId, after, BATCH)
    records.push(...docs.map((doc) => ({ kind: 'message', value: { ...presentMessage(doc) } })))
    return [roomId, docs.length < BATCH ? null : (docs.at(-1)?.syncKey ?? null)]
  }

  private async asked(userId: string): Promise<Records> {
    const reports = await this.parts.reports.by(userId)
    const records = reports.map(({ createdAt, ...report }) => ({
      kind: 'report',
      value: { ...report, createdAt: createdAt.toISOString() },
    }))
    return [...records, ...(await this.parts.exports.recordsOf(userId))]
  }
}
