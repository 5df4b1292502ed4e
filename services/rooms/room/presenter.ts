import { defaultName, type JoinUser, messageId, type Room, type RoomOutline, type User } from '@chat/contract'
import { isMuted } from '../members/memberships.ts'
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

export const presentUser = (userId: string, user: UserDoc | undefined): User => ({
  _id: userId,
  nickName: user?.nickName ?? defaultName(userId),
  profileUrl: user?.profileUrl ?? null,
})

export const presentOutline = (room: RoomDoc): RoomOutline => ({
  _id: room._id,
  name: room.name,
  roomType: room.roomType,
  profileUrl: room.profileUrl ?? null,
  link: room.link ?? null,
  rules: room.rules,
  announcement: room.announcement ?? null,
  meta: room.meta ?? null,
  memberCount: room.memberCount,
  createdAt: room.createdAt.toISOString(),
  updatedAt: room.updatedAt.toISOString(),
})

export const presentRoom = (room: RoomDoc, joinUsers: JoinUser[]): Room => ({
  ...presentOutline(room),
  joinUsers,
  lastMessage: room.lastMessage,
  lastSeq: room.lastSeq,
  unReadMsgCount: 0,
  unReadMentionCount: 0,
  alarmOn: true,
})
