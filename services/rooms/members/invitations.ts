import { type Caller, type ErrorCode, Fault } from '@chat/contract'
import type { Operation, Parts } from '../parts.ts'
import { changeRoom, type RoomState, requireUnfrozen } from '../room/room-change.ts'
import { roomResult, viewRoom } from '../room/room-view.ts'
import { type RoomDoc, userIdsOf } from '../store/documents.ts'
import { saveUsers } from '../users/directory.ts'
import { publishAccess } from './access-events.ts'
import {
  actorOf,
  type Joiner,
  joinersOf,
  newMembers,
  PLATFORM,
  requireMember,
  requireRoom,
  requireSpace,
  targetsOf,
} from './memberships.ts'

type Invitation = { caller: Caller; roomId: string; by: string; joiners: Joiner[] }
/** Repeats the checks on what the transaction finds. @returns the error code if nobody can be added */
type Check = (state: RoomState, banned: Set<string>) => ErrorCode

/** Any member may invite, if the rules allow it. @throws JOIN_USER_ALREADY_EXISTS, USER_IS_BANNED if nobody is left */
export const inviteRoom: Operation<'inviteRoom'> = async (parts, caller, input) => {
  const { store } = parts
  const { userId } = caller
  const { roomId, targetUserIds } = input
  requireOpen((await requireMember(store, roomId, userId)).room)
  const known = await store.users.nickNames(targetUserIds)
  const blockers = await store.users.blockersOf(userId, [...known.keys()])
  const targets = targetsOf(userId, targetUserIds, (id) => known.has(id) && !blockers.has(id))
  const joiners = targets.map((target) => ({ userId: target, master: false }))
  const adding = add(parts, { caller, roomId, by: userId, joiners }, ({ room, members }, banned) => {
    if (!members.some((member) => member.userId === userId)) throw new Fault('ROOM_NO_EXISTS')
    requireOpen(room)
    return alreadyInOrBanned(banned)
  })
  return roomResult(parts.store, caller, adding)
}

/** `/chat/inviteUsers`; docs/protocol.md sets the order of the checks. Banned users stay banned. */
export const inviteUsers: Operation<'inviteUsers'> = async (parts, caller, input) => {
  const { store } = parts
  const { roomId, inviterId, joinUsers } = input
  requireOpen(await requireRoom(store, roomId))
  const inviter = await store.members.get(roomId, inviterId)
  if (!inviter?.master) throw new Fault('INVITER_ID_IS_NOT_MASTER')
  const present = new Set(await store.members.userIdsOf(roomId))
  const joiners = joinersOf(joinUsers, false)
  if (joiners.every(({ userId }) => present.has(userId))) throw new Fault('JOIN_USERS_EMPTY')
  await saveUsers(parts, joinUsers)
  const room = await add(parts, { caller, roomId, by: inviterId, joiners }, ({ room, members }) => {
    requireOpen(room)
    if (!members.some((member) => member.userId === inviterId && member.master))
      throw new Fault('INVITER_ID_IS_NOT_MASTER')
    return 'JOIN_USERS_EMPTY'
  })
  return viewRoom(store, room)
}

/** A platform may add any user, whatever the rules. The first in an empty room becomes its master. Banned users stay banned. */
export const addMembers: Operation<'addMembers'> = async (parts, caller, { roomId, users }) => {
  requireUnfrozen(await requireRoom(parts.store, roomId))
  const isEmpty = (await parts.store.members.userIdsOf(roomId)).length === 0
  await saveUsers(parts, users)
  const joiners = joinersOf(users, isEmpty)
  const room = await add(parts, { caller, roomId, by: PLATFORM, joiners }, ({ room }, banned) => {
    requireUnfrozen(room)
    return alreadyInOrBanned(banned)
  })
  return viewRoom(parts.store, room)
}

const alreadyInOrBanned = (banned: Set<string>) =>
  banned.size > 0 ? 'USER_IS_BANNED' : 'JOIN_USER_ALREADY_EXISTS'

async function add(parts: Parts, invitation: Invitation, check: Check): Promise<RoomDoc> {
  const { store, bus, claims, broadcast, limits } = parts
  const { caller, roomId, by, joiners } = invitation
  // A new member starts with everything read.
  const { lastSeq } = await bus.ask('lastMessageOf', caller, roomId)
  const changed = await changeRoom(parts, roomId, async (state, transaction) => {
    const present = new Set(userIdsOf(state.members))
    const absent = joiners.filter(({ userId }) => !present.has(userId))
    const banned = await store.members.bannedAmong(roomId, userIdsOf(absent), transaction)
    const fault = check(state, banned)
    const joining = absent.filter(({ userId }) => !banned.has(userId))
    if (joining.length === 0) throw new Fault(fault)
    requireSpace(limits, present.size + joining.length)
    const unmuted = newMembers(roomId, joining, lastSeq, state.now)
    const added = await store.members.restoreMutes(unmuted, transaction)
    await store.members.add(added, transaction)
    const userIds = userIdsOf(added)
    const data = { roomId, userIds, by: actorOf(by) }
    const members = [...state.members, ...added]
    return { members, result: userIds, events: () => [{ type: 'member.joined', data }] }
  })
  await claims.move(changed.room, changed.before, changed.members)
  await publishAccess(parts, roomId)
  broadcast.publishJoined(roomId, changed.result)
  broadcast.publishSoon(roomId)
  return changed.room
}

/** @throws ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED, ROOM_RULES_CAN_NOT_INVITE_MEMBERS */
function requireOpen(room: RoomDoc) {
  requireUnfrozen(room)
  if (!room.rules.canInviteMemebrs) throw new Fault('ROOM_RULES_CAN_NOT_INVITE_MEMBERS')
}
