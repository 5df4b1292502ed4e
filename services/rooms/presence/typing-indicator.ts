import { Fault } from '@chat/contract'
import { isMuted, requireMember } from '../members/memberships.ts'
import type { Operation } from '../parts.ts'
import { requireUnfrozen } from '../room/room-change.ts'

/** @throws ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED, TYPING_ONLY_IN_ONE_TO_ONE, USER_IS_MUTED */
export const typing: Operation<'typing'> = async ({ store, bus }, { userId }, { roomId, isTyping }) => {
  const { room, member } = await requireMember(store, roomId, userId)
  requireUnfrozen(room)
  if (room.memberCount !== 2) throw new Fault('TYPING_ONLY_IN_ONE_TO_ONE')
  if (isMuted(member)) throw new Fault('USER_IS_MUTED')
  bus.publishRoom(roomId, 'typing', { userId, isTyping })
  return { result: true }
}
