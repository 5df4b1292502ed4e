import type { JoinUser, Room } from './entities.ts'
import { messageId } from './ids.ts'

/** A member as one who looks at a room: who they are in it, and how far they have read. */
export type Viewer = { member: JoinUser; readSeq: number }

/** Without `canShowMemberList` only masters see members who are neither masters nor themselves. */
export const maySee = (rules: Room['rules'], viewer: JoinUser, other: JoinUser) =>
  rules.canShowMemberList || viewer.master || other.master || other._id === viewer._id

/** The room as broadcasts carry it, turned into what one member sees: own cursor, count and alarm, members they may see. */
export function roomAsSeenBy(room: Room, { member, readSeq }: Viewer): Room {
  const self = { ...member, lastReadMessageId: readSeq > 0 ? messageId(room._id, readSeq) : null }
  const visible = room.joinUsers.filter((user) => maySee(room.rules, member, user))
  const isShown = visible.some((user) => user._id === member._id)
  return {
    ...room,
    joinUsers: isShown ? visible.map((user) => (user._id === member._id ? self : user)) : [...visible, self],
    unReadMsgCount: Math.max(0, room.lastSeq - readSeq),
    alarmOn: member.alarmOn,
  }
}
