import type { Operation } from '../parts.ts'
import { findVisible } from '../read/visible-message.ts'
import { presentMessage } from '../send/message-doc.ts'

/** Reports a message to the platform, once per reporter. The report keeps the message as it is now. */
export const reportMessage: Operation<'reportMessage'> = async (parts, caller, input) => {
  const { reason, ...place } = input
  using pass = await parts.access.enter(caller, place.roomId)
  const message = presentMessage(await findVisible(parts.store, place, pass.access))
  const report = { ...place, reporterId: caller.userId, reason, message, createdAt: new Date() }
  await parts.reportStore.add(report)
  return { result: true }
}
