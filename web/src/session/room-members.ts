import type { JoinUser, Room } from '@chat/contract'

export const isMasterOf = (room: Room, userId: string) =>
  room.joinUsers.some(({ _id, master }) => _id === userId && master)

export const isMuted = (member: JoinUser | undefined) =>
  member?.mutedUntil !== undefined && Date.parse(member.mutedUntil) > Date.now()

/** The other member of a room of two. */
export const partnerIn = (room: Room, userId: string) =>
  room.memberCount === 2 ? room.joinUsers.find(({ _id }) => _id !== userId) : undefined
