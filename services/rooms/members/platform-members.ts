import { Fault, type Output } from '@chat/contract'
import type { Operation, Parts } from '../parts.ts'
import { presentMember } from '../room/presenter.ts'
import type { MemberDoc } from '../store/documents.ts'
import { isMuted, PLATFORM, requireRoom } from './memberships.ts'
import { makeMaster, mute, unmute } from './moderation.ts'
import { expel } from './removals.ts'

type Place = { roomId: string; userId: string }
type State = Output<'getMember'>

/** A user's membership and ban in a room. @throws ROOM_NO_EXISTS, USER_NO_EXISTS if there is neither */
export const getMember: Operation<'getMember'> = async (parts, _caller, place) => {
  await requireRoom(parts.store, place.roomId)
  const state = await stateOf(parts, place)
  if (!state.member && !state.banned) throw new Fault('USER_NO_EXISTS')
  return state
}

/** Changes only what is different. @throws WRONG_TARGET_USER_IDS for the last master, who remains one */
export const updateMember: Operation<'updateMember'> = async (parts, caller, input) => {
  const { master, muted, minutes, banned, ...place } = input
  const { roomId, userId } = place
  await requireRoom(parts.store, roomId)
  const target = { roomId, targetUserIds: [userId] }
  if (master !== undefined || muted !== undefined) {
    const member = await memberAt(parts, place)
    if (master !== undefined && master !== member.master) await makeMaster(parts, PLATFORM, target, master)
    if (muted === true) await mute(parts, PLATFORM, target, minutes)
    if (muted === false && isMuted(member)) await unmute(parts, PLATFORM, target)
  }
  if (banned === true) await expel(parts, place, true)
  if (banned !== false) return getMember(parts, caller, place)
  await parts.store.members.unban(roomId, [userId])
  return stateOf(parts, place)
}

/** @throws ROOM_NO_EXISTS, USER_NO_EXISTS */
export const removeMember: Operation<'removeMember'> = async (parts, _caller, place) => {
  await requireRoom(parts.store, place.roomId)
  await memberAt(parts, place)
  await expel(parts, place)
  return { result: true }
}

async function memberAt({ store }: Parts, { roomId, userId }: Place): Promise<MemberDoc> {
  const member = await store.members.get(roomId, userId)
  if (!member) throw new Fault('USER_NO_EXISTS')
  return member
}

async function stateOf({ store }: Parts, { roomId, userId }: Place): Promise<State> {
  const member = await store.members.get(roomId, userId)
  const bans = await store.members.bannedAmong(roomId, [userId])
  const user = await store.users.get(userId)
  return { member: member && presentMember(member, user ?? undefined), banned: bans.has(userId) }
}
