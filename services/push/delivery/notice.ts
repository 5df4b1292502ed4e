import { isGone, type Message } from '@chat/contract'

/** The part of a message that a push needs. */
export type Notice = {
  messageId: string
  roomId: string
  seq: number
  authorId: string
  mentions: string[]
  body: string
}

/** In UTF-16 units. With the names around it a push stays far below the 4 KB that FCM takes. */
const BODY_LENGTH = 300

/** What stands for a message without a text, by its type. */
const bodies: Record<Message['data']['type'], (content: Message['data']['content']) => string> = {
  TEXT: () => '',
  ADMIN: () => '',
  PHOTO: () => '📷 Photo',
  VIDEO: () => '🎬 Video',
  FILE: ({ files }) => `📎 ${files?.[0]?.name ?? 'File'}`,
  CARD: ({ rawData }) => rawData?.text ?? rawData?.link?.name ?? 'Card',
}

/** The text of a push: one line that begins with the author, but for messages of the platform. */
function bodyOf({ author, data }: Message): string {
  const text = data.content.text || bodies[data.type](data.content)
  const line = shortened(text.replaceAll(/\s+/g, ' ').trim())
  return data.type === 'ADMIN' ? line : `${author.nickName}: ${line}`
}

const shortened = (text: string) =>
  text.length <= BODY_LENGTH ? text : `${withoutHalf(text.slice(0, BODY_LENGTH - 1))}…`

/** A cut may leave the first half of a surrogate pair at the end. */
const withoutHalf = (text: string) => text.replace(/[\uD800-\uDBFF]$/, '')

/** Null for a message that is deleted or hidden. */
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
 * A message's pushes: for `only` these users, or, where it is null, for every member who wants it. The second look is
 * the last one: it pushes also to those who have the room open.
 */
export type Task = { notice: Notice; only: string[] | null; isSecond: boolean }

/** Its id begins with the message's. */
export type StoredTask = Pick<Task, 'notice' | 'only'> & { _id: string }

/** Finds the stored tasks of a room. */
export const messagesOf = (roomId: string) => ({ _id: { $gt: `${roomId}-`, $lt: `${roomId}.` } })

/**
 * A task without an erased user: null where nothing is left of it, the same object where nothing changes. A notice that
 * mentions them gets an empty body: its text has to be read again.
 */
export function withoutPerson(task: StoredTask, userId: string): StoredTask | null {
  const { notice } = task
  const only = task.only?.filter((id) => id !== userId) ?? null
  if (notice.authorId === userId || only?.length === 0) return null
  const mentions = notice.mentions.filter((id) => id !== userId)
  const isMentioned = mentions.length < notice.mentions.length
  if (only?.length === task.only?.length && !isMentioned) return task
  return { ...task, notice: { ...notice, mentions, ...(isMentioned && { body: '' }) }, only }
}
