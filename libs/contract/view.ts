import type { JoinUser, Room } from './entities.ts'

/** A member as one who looks at a room: who they are in it, and how far they have read. */
export type Viewer = { member: JoinUser; readSeq: number }

/** Without `canShowMemberList` only masters see members who are neither masters nor themselves. */
export const maySee = (rules: Room['rules'], viewer: JoinUser, other: JoinUser) =>
  rules.canShowMemberList || viewer.master || other.master || other._id === viewer._id

/** The room as broadcasts carry it, turned into what one member sees: own count, own alarm, members they may see. */
export function roomAsSeenBy(room: Room, viewer: Viewer): Room {
  const self = room.joinUsers.find((user) => user._id === viewer.member._id)
  const visible = room.joinUsers.filter((user) => maySee(room.rules, viewer.member, user))
  return {
    ...room,
    joinUsers: self ? visible : [...visible, viewer.member],
    unReadMsgCount: Math.max(0, room.lastSeq - viewer.readSeq),
    alarmOn: viewer.member.alarmOn,
  }
}
