import { type Input, isGone, type Output } from '@chat/contract'
import { type MessageStore, presentMessage } from '../send/message-store.ts'

const PAGE = 2_000

/** For a recount: the room's last message, and which of the next `PAGE` were ever changed. */
export async function survey(
  store: MessageStore,
  { roomId, afterSeq }: Input<'surveyMessages'>,
): Promise<Output<'surveyMessages'>> {
  const lastSeq = await store.lastSeq(roomId)
  const last = lastSeq === 0 ? null : await store.bySeq(roomId, lastSeq)
  const end = afterSeq + PAGE
  const changed = await store.changedBetween(roomId, afterSeq + 1, end)
  const mentions = await store.mentioningBetween(roomId, afterSeq + 1, end)
  return {
    lastMessage: last && presentMessage(last),
    marks: changed.map(({ seq, status, updatedAt }) => ({
      seq,
      isGone: isGone({ status }),
      updatedAt: updatedAt.toISOString(),
    })),
    mentions: mentions.map(({ seq, mentions = [], createdAt, updatedAt }) => ({
      seq,
      userIds: mentions,
      at: (updatedAt ?? createdAt).toISOString(),
    })),
    nextSeq: end < lastSeq ? end : null,
  }
}
