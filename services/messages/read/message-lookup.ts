import { isGone, type Message } from '@chat/contract'
import { bytesOf, PAGE_BYTES } from '@chat/service'
import type { Operation } from '../parts.ts'
import { presentMessage, quoteOf } from '../send/message-doc.ts'
import { findVisible } from './visible-message.ts'

/** So few that they fit into an answer, however long they are. */
const BATCH = 4
/** The messages that one request of a recount surveys. */
const SURVEYED = 2_000

/** Who has read a message, as far as the caller may see them. */
export const messageReaders: Operation<'messageReaders'> = async ({ store, access, bus }, caller, place) => {
  using pass = await access.enter(caller, place.roomId)
  const { roomId, seq, author } = await findVisible(store, place, pass.access)
  return await bus.ask('readersOf', caller, { roomId, seq, authorId: author.authorId })
}

/** Messages as they are now. `left`: the ids that did not fit into the answer. */
export const messagesNow: Operation<'messagesNow'> = async ({ store }, _caller, { messageIds }) => {
  const list: Message[] = []
  let left = messageIds
  for (let bytes = 0; left.length > 0 && bytes < PAGE_BYTES; left = left.slice(BATCH)) {
    const docs = await store.byIds(left.slice(0, BATCH))
    const messages = docs.map((doc) => presentMessage(doc))
    bytes += bytesOf(messages)
    list.push(...messages)
  }
  return { list, left }
}

/** @throws MESSAGE_NO_EXISTS when the message is gone */
export const quoteMessage: Operation<'quoteMessage'> = async ({ store }, _caller, place) => {
  const doc = await findVisible(store, place, { master: false })
  return { author: doc.author, text: quoteOf(doc) }
}

/** For a recount: the room's last message, and of the next messages those that were changed or mention users. */
export const surveyMessages: Operation<'surveyMessages'> = async ({ store }, _caller, input) => {
  const { roomId, afterSeq } = input
  const lastSeq = await store.lastSeq(roomId)
  const last = lastSeq === 0 ? null : await store.bySeq(roomId, lastSeq)
  const end = afterSeq + SURVEYED
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
