import { isGone } from '@chat/contract'
import type { Operation } from '../parts.ts'
import { presentMessage } from '../send/message-doc.ts'

const PAGE = 2_000

/** For a recount: the room's last message, and of the next `PAGE` messages those that were changed or mention users. */
export const surveyMessages: Operation<'surveyMessages'> = async (
  { store },
  _caller,
  { roomId, afterSeq },
) => {
  const lastSeq = await store.lastSeq(roomId)
  const last = lastSeq === 0 ? null : await store.bySeq(roomId, lastSeq)
  const end = afterSeq + PAGE
  const changed = await store.changedBetween(roomId, afterSeq + 1, end)
  const mentioning = await store.mentioningBetween(roomId, afterSeq + 1, end)
  return {
    lastMessage: last && presentMessage(last),
    marks: changed.map(({ seq, status, updatedAt }) => ({
      seq,
      isGone: isGone({ status }),
      updatedAt: updatedAt.toISOString(),
    })),
    mentions: mentioning.map(({ seq, mentions = [], createdAt, updatedAt }) => ({
      seq,
      userIds: mentions,
      at: (updatedAt ?? createdAt).toISOString(),
    })),
    nextSeq: end < lastSeq ? end : null,
  }
}
