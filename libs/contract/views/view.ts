import type { JoinUser, Message, MessageData, Room, RoomLook } from '../schemas/entities.ts'
import { messageId } from '../wire/ids.ts'
import { anonymous, normalised, textWithout } from './mention-names.ts'

/** A member as one who looks at a room. */
export type Viewer = {
  member: JoinUser
  readSeq: number
  /** Every message beyond the cursor that mentions them, in any order. */
  mentions: readonly number[]
}
/** What decides how a message looks to someone. */
export type Reader = { master: boolean; blocked: ReadonlySet<string> }

/** Without `canShowMemberList` only masters see members who are neither masters nor themselves. */
export const maySee = (
  rules: Pick<Room['rules'], 'canShowMemberList'>,
  viewer: Pick<JoinUser, '_id' | 'master'>,
  other: Pick<JoinUser, '_id' | 'master'>,
) => rules.canShowMemberList || viewer.master || other.master || other._id === viewer._id

/** Neither counted as unread nor found by search, gallery, export or push. */
export const isGone = ({ status }: Pick<Message, 'status'>) => status.deleted || status.hidden

/** A message as one member sees it: hidden content is for masters alone, and blocked authors are marked. */
export function messageAsSeenBy(message: Message, { master, blocked }: Reader): Message {
  const isBlocked = blocked.has(message.author.authorId)
  const isEmptied = message.status.hidden && !master
  if (!isBlocked && !isEmptied) return message
  return { ...message, ...(isEmptied && emptied(message)), ...(isBlocked && { blocked: true }) }
}

/** What is left of a message whose content is not to be seen. */
export const emptied = (message: Message) => ({
  data: { type: message.data.type, content: {} },
  replyTo: null,
  mentions: [],
  meta: null,
})

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

/** What a quote of it says: its text as it is now, and nothing of what is gone. */
export const quoteTextOf = (message: Pick<Message, 'status' | 'data'>) =>
  isGone(message) ? '' : (message.data.content.text ?? '')

/** Present members who have not read the last message; as it was when it was sent where not all of them are known. */
function unreadersOf({ lastMessage, joinUsers, memberCount }: Room): number {
  if (!lastMessage || isGone(lastMessage)) return 0
  if (joinUsers.length < memberCount) return lastMessage.unReadUserCount
  // Ids of one room sort as their seqs do, and no cursor stands before one's joining.
  const isBehind = ({ _id, lastReadMessageId }: JoinUser) =>
    _id !== lastMessage.author.authorId && (lastReadMessageId ?? '') < lastMessage._id
  return joinUsers.filter(isBehind).length
}

/** How many of the ascending `seqs` are above `from`. */
export function countAbove(seqs: readonly number[], from: number): number {
  let [low, high] = [0, seqs.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((seqs[middle] as number) > from) high = middle
    else low = middle + 1
  }
  return seqs.length - low
}

/** Unread for one who has read up to `readSeq`; `gone` holds at least every seq above it that does not count. */
export const unreadOf = (lastSeq: number, readSeq: number, gone: readonly number[]) =>
  Math.max(0, lastSeq - readSeq - countAbove(gone, readSeq) + countAbove(gone, Math.max(lastSeq, readSeq)))

/** Likewise, of the messages that mention them. */
const unreadMentionsOf = (
  lastSeq: number,
  readSeq: number,
  gone: readonly number[],
  mentions: readonly number[],
) =>
  mentions.filter(
    (seq) => seq > readSeq && seq <= lastSeq && countAbove(gone, seq - 1) === countAbove(gone, seq),
  ).length

/** The room as edges hold it, turned into what one member sees: own cursor, count and alarm, members they may see. */
export function roomAsSeenBy(
  look: RoomLook,
  { member, readSeq, mentions }: Viewer,
  blocked: ReadonlySet<string>,
): Room {
  const { since: _, gone, ...room } = look
  const self = { ...member, lastReadMessageId: readSeq > 0 ? messageId(room._id, readSeq) : null }
  const visible = room.joinUsers.filter((user) => maySee(room.rules, member, user))
  const isShown = visible.some((user) => user._id === member._id)
  const last = room.lastMessage && { ...room.lastMessage, unReadUserCount: unreadersOf(room) }
  return {
    ...room,
    joinUsers: isShown ? visible.map((user) => (user._id === member._id ? self : user)) : [...visible, self],
    lastMessage: last && messageAsSeenBy(last, { master: member.master, blocked }),
    unReadMsgCount: unreadOf(room.lastSeq, readSeq, gone),
    unReadMentionCount: unreadMentionsOf(room.lastSeq, readSeq, gone, mentions),
    alarmOn: member.alarmOn,
  }
}

/** The nickName of one who has not been given any. */
export const defaultName = (userId: string) => userId.slice(0, 100).toWellFormed()
