import type { CachedRoom, JoinUser, Room } from '../schemas/entities.ts'
import { messageId } from '../wire/ids.ts'
import { isGone, maySee, messageAsSeenBy } from './message-view.ts'

/** What a room's view depends on: one member's membership, cursor and unread mentions. */
export type Viewer = {
  member: JoinUser
  readSeq: number
  /** Seqs beyond the cursor whose message mentions the member, in any order. */
  mentions: readonly number[]
}

/** How many members have not read the last message. Where `joinUsers` is not complete: the count at the time of sending. */
function unreadersOf({ lastMessage, joinUsers, memberCount }: Room): number {
  if (!lastMessage || isGone(lastMessage)) return 0
  if (joinUsers.length < memberCount) return lastMessage.unReadUserCount
  // Ids of one room sort by seq, and no cursor is older than its member's joining.
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

/** Unread messages beyond `readSeq`. `gone`: the uncounted seqs, all of those above `readSeq` at least. */
export const unreadOf = (lastSeq: number, readSeq: number, gone: readonly number[]) =>
  Math.max(0, lastSeq - readSeq - countAbove(gone, readSeq) + countAbove(gone, Math.max(lastSeq, readSeq)))

function unreadMentionsOf({ lastSeq, gone }: CachedRoom, { readSeq, mentions }: Viewer): number {
  const isCounted = (seq: number) => countAbove(gone, seq - 1) === countAbove(gone, seq)
  return mentions.filter((seq) => seq > readSeq && seq <= lastSeq && isCounted(seq)).length
}

/** Turns a cached room into what one member sees: own cursor, counts and alarm, and only the members they may see. */
export function roomAsSeenBy(cached: CachedRoom, viewer: Viewer, blocked: ReadonlySet<string>): Room {
  const { since: _, gone, ...room } = cached
  const { member, readSeq } = viewer
  const self = { ...member, lastReadMessageId: readSeq > 0 ? messageId(room._id, readSeq) : null }
  const visible = room.joinUsers.filter((user) => maySee(room.rules, member, user))
  const isShown = visible.some((user) => user._id === member._id)
  const last = room.lastMessage && { ...room.lastMessage, unReadUserCount: unreadersOf(room) }
  return {
    ...room,
    joinUsers: isShown ? visible.map((user) => (user._id === member._id ? self : user)) : [...visible, self],
    lastMessage: last && messageAsSeenBy(last, { master: member.master, blocked }),
    unReadMsgCount: unreadOf(room.lastSeq, readSeq, gone),
    unReadMentionCount: unreadMentionsOf(cached, viewer),
    alarmOn: member.alarmOn,
  }
}

export const defaultName = (userId: string) => userId.slice(0, 100).toWellFormed()
