import { type Message, messageId } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { uncountedSeqs } from '../reading/uncounted-messages.ts'
import { type MentionDoc, roomIdsOf } from '../store/documents.ts'

/** Clients are told of mentions in `messages`, but not of the author's own or of messages that are gone by now. */
export async function publishMentions(
  { store, bus }: Parts,
  mentions: MentionDoc[],
  messages: Message[] = [],
) {
  if (mentions.length === 0) return
  const byId = new Map(messages.map((message) => [message._id, message]))
  const uncounted = await uncountedSeqs(store, [...new Set(roomIdsOf(mentions))])
  for (const { _id, userId, ...state } of mentions) {
    const message = byId.get(messageId(state.roomId, state.seq))
    const isTold = message?.author.authorId !== userId && !uncounted.get(state.roomId)?.includes(state.seq)
    bus.publishUser(userId, 'mention', { ...state, message: (isTold && message) || null })
  }
}
