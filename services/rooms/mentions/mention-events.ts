import { type Message, messageId } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { uncountedSeqs } from '../reading/uncounted-messages.ts'
import { roomIdsOf } from '../store/documents.ts'
import type { MentionOf } from './unread-mentions.ts'

/**
 * Publishes mentions that have come or gone, whether or not they have been published before. A mention carries its
 * message if it is among `messages`; then the user's clients are told. The message is left out for its author, and if it
 * is deleted or hidden by now.
 */
export async function publishMentions(
  { store, bus }: Parts,
  mentions: MentionOf[],
  messages: Message[] = [],
) {
  if (mentions.length === 0) return
  const byId = new Map(messages.map((message) => [message._id, message]))
  const uncounted = await uncountedSeqs(store, [...new Set(roomIdsOf(mentions))])
  for (const { userId, ...state } of mentions) {
    const message = byId.get(messageId(state.roomId, state.seq))
    const isTold = message?.author.authorId !== userId && !uncounted.get(state.roomId)?.includes(state.seq)
    bus.publishUser(userId, 'mention', { ...state, message: (isTold && message) || null })
  }
}
