import { Fault, type RoomActivity } from '@chat/contract'
import { forgetMentions } from '../mentions/unread-mentions.ts'
import type { Operation, Parts } from '../parts.ts'
import { changeRoom, type RoomState, requireMasterOf } from '../room/room-change.ts'
import { type MemberDoc, userIdsOf } from '../store/documents.ts'
import { publishRemoval } from './access-events.ts'
import { actorOf, isMuted, PLATFORM, targetsOf } from './memberships.ts'

type Cause = 'LEFT' | { by: string; banned: boolean }

/** A leaving last master hands over to the longest-standing member. @throws ROOM_RULES_CAN_NOT_LEAVE */
export const leaveOutRoom: Operation<'leaveOutRoom'> = (parts, { userId }, roomId) =>
  remove(parts, roomId, 'LEFT', ({ room, members }) => {
    if (!members.some((member) => member.userId === userId)) throw new Fault('ROOM_NO_EXISTS')
    if (!room.rules.canLeaveOutRoom) throw new Fault('ROOM_RULES_CAN_NOT_LEAVE')
    return [userId]
  })

/** @throws USER_IS_NOT_MASTER, WRONG_TARGET_USER_IDS */
export const kickOutUsers: Operation<'kickOutUsers'> = (parts, { userId }, input) =>
  remove(parts, input.roomId, { by: userId, banned: input.ban ?? false }, (state) => {
    requireMasterOf(state, userId)
    const present = new Set(userIdsOf(state.members))
    return targetsOf(userId, input.targetUserIds, (id) => present.has(id))
  })

/** A platform removes a user who may not be a member any more. @throws ROOM_NO_EXISTS */
export const expel = (parts: Parts, { roomId, userId }: { roomId: string; userId: string }, banned = false) =>
  remove(parts, roomId, { by: PLATFORM, banned }, () => [userId])

async function remove(parts: Parts, roomId: string, cause: Cause, choose: (state: RoomState) => string[]) {
  const { store, claims, broadcast } = parts
  const { room, before, members, result } = await changeRoom(parts, roomId, async (state, transaction) => {
    const userIds = choose(state)
    const removed = new Set(userIds)
    const leaving = state.members.filter(({ userId }) => removed.has(userId))
    const staying = state.members.filter(({ userId }) => !removed.has(userId))
    const [heir] = staying
    const promoted = heir && !staying.some(({ master }) => master) ? [{ ...heir, master: true }] : []
    if (cause !== 'LEFT' && cause.banned) await store.members.ban(roomId, userIds, transaction)
    await store.members.putMutes(leaving.filter(isMuted), transaction)
    await store.members.remove(leaving, transaction)
    await store.members.update(promoted, { master: true }, transaction)
    return {
      members: [...promoted, ...staying.slice(promoted.length)],
      result: { userIds, promoted },
      events: () => eventsOf(roomId, userIdsOf(leaving), promoted, cause),
    }
  })
  await publishRemoval(parts, room, result.userIds, result.promoted)
  for (const userId of result.userIds) forgetMentions(parts, userId, roomId)
  await claims.move(room, before, members)
  broadcast.publishSoon(roomId)
  return { result: true }
}

function eventsOf(roomId: string, userIds: string[], promoted: MemberDoc[], cause: Cause): RoomActivity[] {
  // A ban or a repeated removal may concern users who are not members.
  if (userIds.length === 0) return []
  const removal: RoomActivity =
    cause === 'LEFT'
      ? { type: 'member.left', data: { roomId, userIds, by: userIds[0] ?? null } }
      : { type: 'member.removed', data: { roomId, userIds, by: actorOf(cause.by), banned: cause.banned } }
  if (promoted.length === 0) return [removal]
  const data = { roomId, userIds: userIdsOf(promoted), by: null, master: true }
  return [removal, { type: 'member.updated', data }]
}
