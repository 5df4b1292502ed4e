import type { Announcement, Message, MessageData } from '../schemas/entities.ts'
import type { RoomActivity } from '../schemas/webhook-events.ts'
import { anonymous, normalised, textWithout } from './mention-names.ts'
import { emptied } from './message-view.ts'

export type Erased = {
  userId: string
  /** Absent if the directory does not know the person. */
  nickName?: string
  /** Other users whose names equal this name or begin with it. */
  alikes?: readonly { userId: string; nickName: string }[]
  /** Messages whose text mentions or mentioned the person: a quote of one may contain the name. */
  mentionedIn?: ReadonlySet<string>
}

/** The message without any trace of the person. Returns the same object if there was none. */
export function messageWithout(message: Message, erased: Erased): Message {
  const { userId } = erased
  if (message.author.authorId === userId) return { ...message, ...anonymised(message), ...emptied(message) }
  const replyTo = quoteWithout(message.replyTo, erased)
  if (message.mentions.includes(userId))
    return { ...message, replyTo, ...unmentioning(message.data, message.mentions, erased) }
  return replyTo === message.replyTo ? message : { ...message, replyTo }
}

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

/** Replaces the erased person's name in a text that mentions the given people. */
export function mentionTextWithout(text: string, mentions: readonly string[], erased: Erased): string {
  const { nickName = '', alikes = [] } = erased
  const others = alikes.flatMap((alike) => (mentions.includes(alike.userId) ? alike.nickName : []))
  return textWithout(text, nickName, others)
}

export const isNamesakeAmong = (userIds: readonly string[], { nickName = '', alikes = [] }: Erased) =>
  alikes.some(
    (alike) => userIds.includes(alike.userId) && normalised(alike.nickName) === normalised(nickName),
  )

/** A quote without the person's name. Returns the same object if the quoted message does not mention the person. */
function quotedWithout<Q extends { messageId: string | null; text: string }>(
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

/** Replaces the author of an erased person's message. The syncKey goes too: it may identify the author. */
export const anonymised = (message: Pick<Message, '_id' | 'status'>) => ({
  author: anonymous,
  syncKey: message._id,
  status: { ...message.status, deleted: true },
})

/** The event without any trace of the person: the same object if there was none, null if nothing else is left. */
export function activityWithout<A extends RoomActivity>(activity: A, erased: Erased): A | null {
  const { data } = activity
  const { userId } = erased
  const names = 'userIds' in data && data.userIds.includes(userId)
  const isDoer = 'by' in data && data.by === userId
  const announced = 'room' in data ? data.room.announcement : null
  const announcement = announced && announcementWithout(announced, erased)
  const isAnnounced = announcement !== announced
  if (!names && !isDoer && !isAnnounced) return activity
  const left = names ? data.userIds.filter((id) => id !== userId) : []
  if (names && left.length === 0 && activity.type !== 'room.created') return null
  return {
    ...activity,
    data: {
      ...data,
      ...(names && { userIds: left }),
      ...(isDoer && { by: null }),
      ...('room' in data && isAnnounced && { room: { ...data.room, announcement } }),
    },
  }
}

/** The announcement without the person's name; null if the person wrote it. */
export const announcementWithout = (announcement: Announcement, erased: Erased): Announcement | null =>
  announcement.author.authorId === erased.userId ? null : quotedWithout(announcement, erased)
