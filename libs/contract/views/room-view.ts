import type { JoinUser, Room, RoomLook } from '../schemas/entities.ts'
import { messageId } from '../wire/ids.ts'
import { isGone, maySee, messageAsSeenBy } from './message-view.ts'

/** A member as one who looks at a room. */
export type Viewer = {
  member: JoinUser
  readSeq: number
  /** Every message beyond the cursor that mentions them, in any order. */
  mentions: readonly number[]
}

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
