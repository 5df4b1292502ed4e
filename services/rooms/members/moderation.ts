import { Fault } from '@chat/contract'
import type { Operation, Parts } from '../parts.ts'
import { changeRoom, requireMasterOf } from '../room/room-change.ts'
import { roomResult } from '../room/room-view.ts'
import { type MemberDoc, userIdsOf } from '../store/documents.ts'
import { publishRights } from './access-events.ts'
import { actorOf, isMuted, requireMaster, targetsOf } from './memberships.ts'

/** The end of a mute without an end. */
const FOREVER = new Date('9999-12-31T23:59:59.999Z')

type Targets = { roomId: string; targetUserIds: string[] }
type Applies = (member: MemberDoc) => boolean
type Fields = { master: boolean } | { mutedUntil: Date | null }

export const muteUsers: Operation<'muteUsers'> = async (parts, { userId }, { minutes, ...targets }) => {
  await mute(parts, userId, targets, minutes)
  return { result: true }
}

export const unmuteUsers: Operation<'unmuteUsers'> = async (parts, { userId }, targets) => {
  await unmute(parts, userId, targets)
  return { result: true }
}

export const setMasters: Operation<'setMasters'> = (parts, caller, { master, ...targets }) =>
  roomResult(parts.store, caller, makeMaster(parts, caller.userId, targets, master))

export const unbanUsers: Operation<'unbanUsers'> = async ({ store }, { userId }, targets) => {
  const { roomId, targetUserIds } = targets
  await requireMaster(store, roomId, userId)
  const banned = await store.members.bannedAmong(roomId, targetUserIds)
  const unbanned = targetsOf(userId, targetUserIds, (id) => banned.has(id))
  await store.members.unban(roomId, unbanned)
  return { result: true }
}

export function mute(parts: Parts, userId: string, targets: Targets, minutes?: number) {
  const mutedUntil = minutes === undefined ? FOREVER : new Date(Date.now() + minutes * 60_000)
  return update(parts, userId, targets, { mutedUntil }, () => true)
}

export const unmute = (parts: Parts, userId: string, targets: Targets) =>
  update(parts, userId, targets, { mutedUntil: null }, isMuted)

/** One master always remains: the caller is never a target, and a platform may not unmake the last one either. */
export const makeMaster = (parts: Parts, userId: string, targets: Targets, master: boolean) =>
  update(parts, userId, targets, { master }, (member) => member.master !== master)

async function update(parts: Parts, userId: string, input: Targets, fields: Fields, applies: Applies) {
  const { roomId, targetUserIds } = input
  const { room, result: updated } = await changeRoom(parts, roomId, async (state, transaction) => {
    requireMasterOf(state, userId)
    const applicable = new Set(userIdsOf(state.members.filter(applies)))
    const targets = new Set(targetsOf(userId, targetUserIds, (id) => applicable.has(id)))
    const members = state.members.map((member) =>
      targets.has(member.userId) ? { ...member, ...fields } : member,
    )
    if (!members.some(({ master }) => master)) throw new Fault('WRONG_TARGET_USER_IDS')
    const result = members.filter((member) => targets.has(member.userId))
    await parts.store.members.update(result, fields, transaction)
    const changes = 'master' in fields ? fields : { mutedUntil: fields.mutedUntil?.toISOString() ?? null }
    const data = { roomId, userIds: userIdsOf(result), by: actorOf(userId), ...changes }
    return { members, result, events: () => [{ type: 'member.updated', data }] }
  })
  await publishRights(parts, roomId, updated)
  parts.broadcast.publishSoon(roomId)
  return room
}
