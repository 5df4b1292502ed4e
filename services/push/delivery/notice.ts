import { isGone, type Message } from '@chat/contract'

/** As much of a message as a push needs. */
export type Notice = {
  messageId: string
  roomId: string
  seq: number
  authorId: string
  mentions: string[]
  body: string
}

/** UTF-16 units: with the names around it far below the 4 KB that a push may have. */
const BODY_LENGTH = 300

/** What stands for a message that is no text, by its type; a text of its own goes before. */
const bodies: Record<Message['data']['type'], (content: Message['data']['content']) => string> = {
  TEXT: () => '',
  ADMIN: () => '',
  PHOTO: () => '📷 Photo',
  VIDEO: () => '🎬 Video',
  FILE: ({ files }) => `📎 ${files?.[0]?.name ?? 'File'}`,
  CARD: ({ rawData }) => rawData?.text ?? rawData?.link?.name ?? 'Card',
}

/** What a push says: one line, who says it first, unless it is said by nobody. */
function bodyOf({ author, data }: Message): string {
  const text = data.content.text || bodies[data.type](data.content)
  const line = shortened(text.replaceAll(/\s+/g, ' ').trim())
  return data.type === 'ADMIN' ? line : `${author.nickName}: ${line}`
}

const shortened = (text: string) =>
  text.length <= BODY_LENGTH ? text : `${withoutHalf(text.slice(0, BODY_LENGTH - 1))}…`

/** A cut may leave the first half of a character at the end. */
const withoutHalf = (text: string) => text.replace(/[\uD800-\uDBFF]$/, '')

/** Null for one that is deleted or hidden. */
export const noticeOf = (message: Message): Notice | null =>
  isGone(message)
    ? null
    : {
        messageId: message._id,
        roomId: message.roomId,
        seq: message.seq,
        authorId: message.author.authorId,
        mentions: message.mentions,
        body: bodyOf(message),
      }

/**
 * What is to be told, and to whom: `only` some, or null for everybody who wants it. The second time nobody is waited
 * for any more.
 */
export type Task = { notice: Notice; only: string[] | null; isSecond: boolean }

/** One that waits somewhere; its id begins with its message's. */
export type Kept = Pick<Task, 'notice' | 'only'> & { _id: string }

/** Ids of all that a room's messages wait by. */
export const messagesOf = (roomId: string) => ({ _id: { $gt: `${roomId}-`, $lt: `${roomId}.` } })

/**
 * What is left to be told when a person is gone: null where that is nothing, the same where it is everything. Of what
 * mentions them it is to be asked anew what it says: the text is empty until then.
 */
export function withoutPerson(kept: Kept, userId: string): Kept | null {
  const { notice } = kept
  const only = kept.only?.filter((id) => id !== userId) ?? null
  if (notice.authorId === userId || only?.length === 0) return null
  const mentions = notice.mentions.filter((id) => id !== userId)
  const isMentioned = mentions.length < notice.mentions.length
  if (only?.length === kept.only?.length && !isMentioned) return kept
  return { ...kept, notice: { ...notice, mentions, ...(isMentioned && { body: '' }) }, only }
}
