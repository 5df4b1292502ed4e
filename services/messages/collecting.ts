import { type Caller, Fault, type Input, type Output, type PersonalRecords } from '@chat/contract'
import type { ExportDisposing } from './export-disposing.ts'
import { bytesOf, PAGE_BYTES } from './fitting.ts'
import type { Reports } from './report-store.ts'
import { presentMessage, type Store } from './store.ts'
import type { Traces } from './traces.ts'

const BATCH = 100
/** In which room, and after which syncKey of theirs; null where the room is done. */
type Place = [roomId: string, syncKey: string | null]
type Records = PersonalRecords['records']

type Parts = { store: Store; reports: Reports; exports: ExportDisposing; traces: Traces }

/** What a person has written, reported and exported, for themselves. */
export class Collecting {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  async page(
    caller: Caller,
    { userId, cursor }: Input<'exportUserFromMessages'>,
  ): Promise<Output<'exportUserFromMessages'>> {
    const place = cursor === undefined ? null : decode(cursor)
    const records = place === null ? await this.asked(userId) : []
    if (place !== null && place[1] !== null) {
      const [roomId, syncKey] = await this.read(records, userId, place[0], place[1])
      return { records, nextCursor: encode([roomId, syncKey]) }
    }
    const { roomIds, last } = await this.parts.traces.page(caller, userId, place?.[0])
    for (const roomId of roomIds) {
      const end = await this.read(records, userId, roomId, '')
      if (end[1] !== null) return { records, nextCursor: encode(end) }
      if (bytesOf(records) > PAGE_BYTES) return { records, nextCursor: encode(end) }
    }
    return { records, nextCursor: last === null ? null : encode([last, null]) }
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
    return [...records, ...(await this.parts.exports.collect(userId))]
  }
}

const encode = (place: Place) => Buffer.from(JSON.stringify(place)).toString('base64url')

/** @throws INVALID_REQUEST */
function decode(cursor: string): Place {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Place
  } catch {
    throw new Fault('INVALID_REQUEST', { message: 'The cursor is not one of ours' })
  }
}
