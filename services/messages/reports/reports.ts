import { bytesOf, cursorAfter, decodeKey, PAGE_BYTES } from '@chat/service'
import type { Operation } from '../parts.ts'
import { leading, MAX_COUNT } from '../read/page-size.ts'
import { findVisible } from '../read/visible-message.ts'
import { presentMessage } from '../send/message-doc.ts'
import type { Report } from './report-store.ts'

const DEFAULT_LIMIT = 20

/** Reports a message to the platform, once per reporter. The report keeps the message as it is now. */
export const reportMessage: Operation<'reportMessage'> = async (parts, caller, input) => {
  const { reason, ...place } = input
  using pass = await parts.access.enter(caller, place.roomId)
  const message = presentMessage(await findVisible(parts.store, place, pass.access))
  const report = { ...place, reporterId: caller.userId, reason, message, createdAt: new Date() }
  await parts.reportStore.add(report)
  return { result: true }
}

/** What members have reported, newest first, of all rooms or of one. */
export const listReports: Operation<'listReports'> = async ({ reportStore }, _caller, input) => {
  const { roomId, limit = DEFAULT_LIMIT, cursor } = input
  const before = cursor === undefined ? undefined : decodeKey(cursor)
  const count = Math.min(limit, MAX_COUNT)
  const found = await reportStore.page(roomId, before, count + 1)
  const shown = leading(found.slice(0, count), bytesOf, PAGE_BYTES)
  const list = shown.map(({ _id, order, ...report }) => presentReport(report))
  return { list, nextCursor: cursorAfter(shown, found, ({ order }) => order) }
}

export const presentReport = ({ createdAt, ...report }: Report) => ({
  ...report,
  createdAt: createdAt.toISOString(),
})
