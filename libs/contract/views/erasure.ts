import type { Announcement, Message, MessageData } from '../schemas/entities.ts'
import type { RoomHappening } from '../schemas/webhook-events.ts'
import { anonymous, normalised, textWithout } from './mention-names.ts'
import { emptied } from './message-view.ts'

/** A person who is being erased, as far as they can be told. */
export type Erased = {
  userId: string
  /** Absent where the directory does not know them. */
  nickName?: string
  /** Others whose names are theirs, or begin with it and go on. */
  alikes?: readonly { userId: string; nickName: string }[]
  /** Messages whose text mentions them, or did: what quotes one may say the name. */
  mentionedIn?: ReadonlySet<string>
}

/** A message with nothing left of a person who was erased; the message itself where there was nothing. */
export function messageWithout(message: Message, erased: Erased): Message {
  const { userId } = erased
  if (message.author.authorId === userId) return { ...message, ...anonymised(message), ...emptied(message) }
  const replyTo = quoteWithout(message.replyTo, erased)
  if (message.mentions.includes(userId))
    return { ...message, replyTo, ...unmentioning(message.data, message.mentions, erased) }
  return replyTo === message.replyTo ? message : { ...message, replyTo }
}

/** What a message that mentions them says when it does so no more. */
export function unmentioning(data: MessageData, mentions: readonly string[], erased: Erased) {
  const { text, rawData } = data.content
  const without = (said: string) => mentionTextWithout(said, mentions, erased)
  const content = {
    ...data.content,
    ...(text !== undefined && { text: without(text) }),
    ...(rawData?.text !== undefined && { rawData: { ...rawData, text: without(rawData.text) } }),
  }
  return { data: { ...data, content }, mentions: mentions.filter((id) => id !== erased.userId) }
}

/** A text that mentions these people, without the name of the one who was erased. */
export function mentionTextWithout(text: string, mentions: readonly string[], erased: Erased): string {
  const { nickName = '', alikes = [] } = erased
  const others = alikes.filter(({ userId }) => mentions.includes(userId))
  return textWithout(
    text,
    nickName,
    others.map((other) => other.nickName),
  )
}

/** Whether one of these people is called the same. */
export const isNamesakeAmong = (userIds: readonly string[], { nickName = '', alikes = [] }: Erased) =>
  alikes.some(
    (alike) => userIds.includes(alike.userId) && normalised(alike.nickName) === normalised(nickName),
  )

/** What was taken from a message that may mention them; the same where it does not. */
export function quotedWithout<Q extends { messageId: string | null; text: string }>(
  quoted: Q,
  { nickName = '', mentionedIn }: Erased,
): Q {
  if (quoted.messageId === null || !mentionedIn?.has(quoted.messageId)) return quoted
  const text = textWithout(quoted.text, nickName)
  return text === quoted.text ? quoted : { ...quoted, text }
}

function quoteWithout(replyTo: Message['replyTo'], erased: Erased): Message['replyTo'] {
  if (replyTo === null) return null
  if (replyTo.author.authorId === erased.userId) return { ...replyTo, author: anonymous, text: '' }
  return quotedWithout(replyTo, erased)
}

/** What becomes of the message of one who was erased, besides being empty. Their syncKey may have said who they were. */
export const anonymised = (message: Pick<Message, '_id' | 'status'>) => ({
  author: anonymous,
  syncKey: message._id,
  status: { ...message.status, deleted: true },
})

/** A fact with nothing left of a person who was erased; the fact itself where there was nothing, null where nothing is left. */
export function factWithout<F extends RoomHappening>(fact: F, erased: Erased): F | null {
  const { data } = fact
  const { userId } = erased
  const names = 'userIds' in data && data.userIds.includes(userId)
  const isDoer = 'by' in data && data.by === userId
  const announced = 'room' in data ? data.room.announcement : null
  const announcement = announced && announcementWithout(announced, erased)
  const isAnnounced = announcement !== announced
  if (!names && !isDoer && !isAnnounced) return fact
  const left = names ? data.userIds.filter((id) => id !== userId) : []
  if (names && left.length === 0 && fact.type !== 'room.created') return null
  return {
    ...fact,
    data: {
      ...data,
      ...(names && { userIds: left }),
      ...(isDoer && { by: null }),
      ...('room' in data && isAnnounced && { room: { ...data.room, announcement } }),
    },
  }
}

/** Null where it is theirs; the same where there is nothing of them in it. */
export const announcementWithout = (announcement: Announcement, erased: Erased): Announcement | null =>
  announcement.author.authorId === erased.userId ? null : quotedWithout(announcement, erased)
