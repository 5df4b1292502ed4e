import { Fault, type Input, type Output } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { presentMember } from '../room/presenter.ts'
import type { MemberDoc } from '../store/documents.ts'
import { isMuted, requireRoom } from './memberships.ts'
import { mute, setMasters, unmute } from './moderation.ts'
import { expel } from './removals.ts'
import { PLATFORM } from './targets.ts'

type Place = { roomId: string; userId: string }
type State = Output<'getMember'>

/** A user's membership and ban in a room. @throws ROOM_NO_EXISTS, USER_NO_EXISTS if there is neither */
export async function getMember(parts: Parts, place: Place): Promise<State> {
  await requireRoom(parts.store, place.roomId)
  const state = await stateOf(parts, place)
  if (!state.member && !state.banned) throw new Fault('USER_NO_EXISTS')
  return state
}

/** Changes only what is different. @throws WRONG_TARGET_USER_IDS for the last master, who remains one */
export async function updateMember(parts: Parts, input: Input<'updateMember'>): Promise<State> {
  const { master, muted, minutes, banned, ...place } = input
  const { roomId, userId } = place
  await requireRoom(parts.store, roomId)
  const target = { roomId, targetUserIds: [userId] }
  if (master !== undefined || muted !== undefined) {
    const member = await memberAt(parts, place)
    if (master !== undefined && master !== member.master)
      await setMasters(parts, PLATFORM, { ...target, master })
    if (muted === true) await mute(parts, PLATFORM, { ...target, ...(minutes !== undefined && { minutes }) })
    if (muted === false && isMuted(member)) await unmute(parts, PLATFORM, target)
  }
  if (banned === true) await expel(parts, place, true)
  if (banned !== false) return getMember(parts, place)
  await parts.store.members.unban(roomId, [userId])
  return stateOf(parts, place)
}

/** @throws ROOM_NO_EXISTS, USER_NO_EXISTS */
export async function removeMember(parts: Parts, place: Place): Promise<void> {
  await requireRoom(parts.store, place.roomId)
  await memberAt(parts, place)
  await expel(parts, place)
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
