import { type Message, seqOf } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { roomIdsOf } from '../store/documents.ts'
import { uncountedSeqs } from './uncounted-messages.ts'

/** A quoted message may be deleted or hidden before the quote arrives. Once the quote is stored, a deletion finds it. */
export async function withoutUncountedQuotes(parts: Parts, messages: Message[]): Promise<Message[]> {
  const quoting = await quotingUncounted(parts, messages)
  return Promise.all(
    messages.map(async (message) => {
      const { roomId, replyTo } = message
      if (!replyTo || !quoting.has(message)) return message
      await parts.store.rooms.requote(roomId, replyTo.messageId, '')
      return { ...message, replyTo: { ...replyTo, text: '' } }
    }),
  )
}

/** Another instance may have published a deletion before this one published the quote: then gateways read again. */
export async function republishUncountedQuotes(parts: Parts, published: Message[]) {
  const quoting = published.filter(({ replyTo }) => replyTo !== null && replyTo.text !== '')
  if (quoting.length === 0) return
  await parts.bus.flush()
  for (const { roomId } of await quotingUncounted(parts, quoting)) parts.bus.publishRoom(roomId, 'gone', {})
}

async function quotingUncounted({ store }: Parts, messages: Message[]): Promise<Set<Message>> {
  const replies = messages.filter(({ replyTo }) => replyTo !== null)
  const uncounted = await uncountedSeqs(store, roomIdsOf(replies))
  const quotesUncounted = ({ roomId, replyTo }: Message) =>
    replyTo !== null && uncounted.get(roomId)?.includes(seqOf(roomId, replyTo.messageId) ?? 0)
  return new Set(replies.filter(quotesUncounted))
}
