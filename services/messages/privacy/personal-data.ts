import type { PersonalRecords } from '@chat/contract'
import { bytesOf, decodeCursor, encodeCursor, PAGE_BYTES } from '@chat/service'
import { presentExport } from '../exports/exports.ts'
import type { Operation, Parts } from '../parts.ts'
import { presentReport } from '../reports/reports.ts'
import { presentMessage } from '../send/message-doc.ts'

/** The room, and the user's syncKey in it after which to go on; null when the room is done. */
type Place = [roomId: string, syncKey: string | null]
type Records = PersonalRecords['records']

const BATCH = 100
const isPlace = (place: unknown): place is Place =>
  Array.isArray(place) && typeof place[0] === 'string' && (place[1] === null || typeof place[1] === 'string')

/** What a user has written, reported and exported, for the user. */
export const exportUserFromMessages: Operation<'exportUserFromMessages'> = async (
  parts,
  caller,
  { userId, cursor },
) => {
  const place = cursor === undefined ? null : decodeCursor(cursor, isPlace)
  const records = place === null ? await ownRequests(parts, userId) : []
  if (place !== null && place[1] !== null) {
    const [roomId, syncKey] = await addMessages(parts, records, userId, place[0], place[1])
    return { records, nextCursor: encodeCursor([roomId, syncKey]) }
  }
  const { roomIds, last } = await parts.traces.roomsOf(parts.bus, caller, userId, place?.[0])
  for (const roomId of roomIds) {
    const end = await addMessages(parts, records, userId, roomId, '')
    if (end[1] !== null || bytesOf(records) > PAGE_BYTES) return { records, nextCursor: encodeCursor(end) }
  }
  return { records, nextCursor: last === null ? null : encodeCursor([last, null]) }
}

async function addMessages(
  { traces }: Parts,
  records: Records,
  userId: string,
  roomId: string,
  after: string,
): Promise<Place> {
  const docs = await traces.writtenBy(roomId, userId, after, BATCH)
  records.push(...docs.map((doc) => ({ kind: 'message', value: { ...presentMessage(doc) } })))
  return [roomId, docs.length < BATCH ? null : (docs.at(-1)?.syncKey ?? null)]
}

async function ownRequests({ reportStore, exportStore }: Parts, userId: string): Promise<Records> {
  const reports = await reportStore.by(userId)
  const exports = await exportStore.ofUser(userId)
  return [
    ...reports.map((report) => ({ kind: 'report', value: presentReport(report) })),
    ...exports.map((doc) => ({ kind: 'export', value: { ...presentExport(doc), email: doc.email } })),
  ]
}
