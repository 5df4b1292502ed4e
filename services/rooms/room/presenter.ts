import { defaultName, type JoinUser, messageId, type Room, type User } from '@chat/contract'
import type { MemberDoc, RoomDoc, UserDoc } from '../store/documents.ts'

export function presentMember(member: MemberDoc, user: UserDoc | undefined): JoinUser {
  return {
    ...presentUser(member.userId, user),
    lastReadMessageId: member.readSeq > 0 ? messageId(member.roomId, member.readSeq) : null,
    master: member.master,
    alarmOn: member.alarmOn,
    meta: user?.meta ?? null,
    ...(isMuted(member) && { mutedUntil: member.mutedUntil.toISOString() }),
    createdAt: member.createdAt.toISOString(),
  }
}

const isMuted = (member: MemberDoc): member is MemberDoc & { mutedUntil: Date } =>
  member.mutedUntil != null && member.mutedUntil.getTime() > Date.now()

export const presentUser = (userId: string, user: UserDoc | undefined): User => ({
  _id: userId,
  nickName: user?.nickName ?? defaultName(userId),
  profileUrl: user?.profileUrl ?? null,
})

/** The room without anything personal. */
export function presentRoom(room: RoomDoc, joinUsers: JoinUser[]): Room {
  return {
    _id: room._id,
    name: room.name,
    roomType: room.roomType,
    profileUrl: room.profileUrl ?? null,
    link: room.link ?? null,
    joinUsers,
    rules: room.rules,
    lastMessage: room.lastMessage,
    announcement: room.announcement ?? null,
    meta: room.meta ?? null,
    memberCount: room.memberCount,
    lastSeq: room.lastSeq,
    unReadMsgCount: 0,
    unReadMentionCount: 0,
    alarmOn: true,
    createdAt: room.createdAt.toISOString(),
    updatedAt: room.updatedAt.toISOString(),
  }
}
