import type { Author, JoinUser, Message, Room, RoomLook } from './entities.ts'
import { messageId } from './ids.ts'

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

/** Who stands in the place of one who was erased: nobody can be told from anybody else. */
export const anonymous: Author = { authorId: '(erased)', nickName: '(erased)', profileUrl: null }

/** A message with nothing left of a person who was erased; the message itself where there was nothing. */
export function messageWithout(message: Message, userId: string): Message {
  const isAuthor = message.author.authorId === userId
  const isQuoted = message.replyTo?.author.authorId === userId
  const isMentioned = message.mentions.includes(userId)
  if (!isAuthor && !isQuoted && !isMentioned) return message
  if (isAuthor) return { ...message, ...anonymised(message), ...emptied(message) }
  const mentions = message.mentions.filter((id) => id !== userId)
  if (!isQuoted || !message.replyTo) return { ...message, mentions }
  return { ...message, mentions, replyTo: { ...message.replyTo, author: anonymous, text: '' } }
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
