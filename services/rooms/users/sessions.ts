import { requireMember, requireRoom } from '../members/memberships.ts'
import type { Operation } from '../parts.ts'
import { presentMember } from '../room/presenter.ts'
import { roomIdsOf } from '../store/documents.ts'
import { authorOf, refreshUser } from './directory.ts'

export const openSession: Operation<'openSession'> = async (parts, { userId }, input) => {
  const { store, presence } = parts
  const { roomId: onlyRoomId, issuedAt = 0, ...profile } = input
  const user = await refreshUser(parts, { _id: userId, ...profile }, issuedAt)
  const isAllowed = issuedAt >= (user.issuedFrom ?? 0)
  if (onlyRoomId === undefined && isAllowed) await presence.arrive(user)
  const members = await store.members.ofUser(userId, onlyRoomId)
  const rooms = await store.rooms.pick(roomIdsOf(members), 'lastSeq', 'lastMention')
  const lastMentionOf = (roomId: string) => rooms.get(roomId)?.lastMention ?? 0
  const mayBeMentioned = members.some(({ roomId, readSeq }) => lastMentionOf(roomId) > readSeq)
  const mentioned = mayBeMentioned ? await store.mentions.ofUser(userId) : null
  return {
    issuedFrom: user.issuedFrom ?? null,
    blocked: await store.users.blockedBy(userId),
    rooms: members.flatMap((member) => {
      const { roomId, readSeq } = member
      const room = rooms.get(roomId)
      if (!room) return []
      const mentions = mentioned?.get(roomId)?.filter(({ seq }) => seq > readSeq) ?? []
      const session = { roomId, member: presentMember(member, user), readSeq, lastSeq: room.lastSeq }
      return mentions.length > 0 ? { ...session, mentions } : session
    }),
  }
}

/** @throws ROOM_NO_EXISTS */
export const roomAccess: Operation<'roomAccess'> = async ({ store }, _caller, { roomId, userId }) => {
  const { room, member } = await requireMember(store, roomId, userId)
  return {
    author: await authorOf(store, userId),
    master: member.master,
    rules: room.rules,
    memberCount: room.memberCount,
    mutedUntil: member.mutedUntil?.toISOString() ?? null,
  }
}

/** @throws ROOM_NO_EXISTS */
export const roomFacts: Operation<'roomFacts'> = async ({ store }, _caller, roomId) => {
  const { memberCount, rules } = await requireRoom(store, roomId)
  return { memberCount, isFrozen: rules.isFreezed }
}

/** Only rooms that are ready: a membership is stored a moment before its room is. */
export const roomsOfUser: Operation<'roomsOfUser'> = async ({ store }, _caller, userId) => {
  const [members, user] = await Promise.all([store.members.ofUser(userId), store.users.get(userId)])
  const rooms = await store.rooms.pick(roomIdsOf(members), '_id')
  return { roomIds: [...rooms.keys()], issuedFrom: user?.issuedFrom ?? null }
}
