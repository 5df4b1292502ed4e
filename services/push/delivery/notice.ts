import { isGone, type Message } from '@chat/contract'

export type Notice = {
  messageId: string
  roomId: string
  seq: number
  authorId: string
  mentions: string[]
  body: string
  /** When the message was sent. Tasks of earlier versions have none. */
  sentAt?: string
}

/** A message's pushes. `only`: null for all members who want them. `isSecond`: postponed while the room was open. */
export type Task = { notice: Notice; only: string[] | null; isSecond: boolean }

/** Its id begins with the message's. */
export type StoredTask = Pick<Task, 'notice' | 'only'> & { _id: string }

/** In UTF-16 units. With names and ids the whole push stays below FCM's limit of 4 KB. */
const BODY_LENGTH = 300

const bodies: Record<Message['data']['type'], (content: Message['data']['content']) => string> = {
  TEXT: () => '',
  ADMIN: () => '',
  PHOTO: () => '📷 Photo',
  VIDEO: () => '🎬 Video',
  FILE: ({ files }) => `📎 ${files?.[0]?.name ?? 'File'}`,
  CARD: ({ rawData }) => rawData?.text ?? rawData?.link?.name ?? 'Card',
}

function bodyOf({ author, data }: Message): string {
  const text = data.content.text || bodies[data.type](data.content)
  const line = shortened(text.replaceAll(/\s+/g, ' ').trim())
  return data.type === 'ADMIN' ? line : `${author.nickName}: ${line}`
}

function shortened(text: string): string {
  if (text.length <= BODY_LENGTH) return text
  // The cut may leave the first half of a surrogate pair at the end.
  return `${text.slice(0, BODY_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** @returns null for a message that is gone */
export function noticeOf(message: Message): Notice | null {
  if (isGone(message)) return null
  const { _id: messageId, roomId, seq, author, mentions, createdAt: sentAt } = message
  return { messageId, roomId, seq, authorId: author.authorId, mentions, body: bodyOf(message), sentAt }
}

/** A push for an older message is of no use any more: it has waited for too long, or was published again. */
const MAX_AGE_MS = 60 * 60 * 1_000

export const isTooOld = ({ sentAt }: Notice) =>
  sentAt !== undefined && Date.now() - Date.parse(sentAt) > MAX_AGE_MS

/** A task without an erased user; null where nothing is left. An empty body: the text has to be read again. */
export function withoutUser(task: StoredTask, userId: string): StoredTask | null {
  const { notice } = task
  const only = task.only?.filter((id) => id !== userId) ?? null
  if (notice.authorId === userId || only?.length === 0) return null
  const mentions = notice.mentions.filter((id) => id !== userId)
  const isMentioned = mentions.length < notice.mentions.length
  if (only?.length === task.only?.length && !isMentioned) return task
  return { ...task, notice: { ...notice, mentions, ...(isMentioned && { body: '' }) }, only }
}
