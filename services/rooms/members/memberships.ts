import { Fault } from '@chat/contract'
import type { Limits } from '@chat/service'
import { type MemberDoc, memberId, type RoomDoc, userIdsOf } from '../store/documents.ts'
import type { Store } from '../store/store.ts'

const HEADS = 20

export type Joiner = { userId: string; master: boolean }
export type Membership = { room: RoomDoc; member: MemberDoc }

type Muted<M> = M & { mutedUntil: Date }
export const isMuted = <M extends Pick<MemberDoc, 'mutedUntil'>>(member: M): member is Muted<M> =>
  member.mutedUntil != null && member.mutedUntil.getTime() > Date.now()

/** Each user once, as first named. If nobody is master, the first becomes it. */
export function joinersOf(users: { _id: string; master?: boolean }[], needsMaster = true): Joiner[] {
  const joiners = new Map<string, Joiner>()
  for (const { _id, master = false } of users)
    if (!joiners.has(_id)) joiners.set(_id, { userId: _id, master })
  const [first] = joiners.values()
  if (needsMaster && first && ![...joiners.values()].some(({ master }) => master)) first.master = true
  return [...joiners.values()]
}

/** Each begins a millisecond after the one before, so that there is an order among them. */
export const newMembers = (roomId: string, joiners: Joiner[], readSeq: number, first: Date): MemberDoc[] =>
  joiners.map(({ userId, master }, index) => ({
    _id: memberId(roomId, userId),
    roomId,
    userId,
    master,
    alarmOn: true,
    readSeq,
    joinSeq: readSeq,
    mutedUntil: null,
    createdAt: new Date(first.getTime() + index),
  }))

/** The members that lists show, of members in the order of joining: up to 20 masters and the 20 newest. */
export function headsOf(members: Joiner[]): string[] {
  const masters = members.filter(({ master }) => master).slice(0, HEADS)
  return [...new Set(userIdsOf([...masters, ...members.slice(-HEADS)]))]
}

/** @throws ROOM_IS_FULL */
export function requireSpace({ roomMembers }: Pick<Limits, 'roomMembers'>, count: number) {
  if (count > roomMembers) throw new Fault('ROOM_IS_FULL')
}

/** For those who need not be a member. @throws ROOM_NO_EXISTS */
export async function requireRoom(store: Store, roomId: string): Promise<RoomDoc> {
  const room = await store.rooms.get(roomId)
  if (!room) throw new Fault('ROOM_NO_EXISTS')
  return room
}

/** @throws ROOM_NO_EXISTS, also for a room that the user is not in */
export async function requireMember(store: Store, roomId: string, userId: string): Promise<Membership> {
  const [room, member] = await Promise.all([requireRoom(store, roomId), store.members.get(roomId, userId)])
  if (!member) throw new Fault('ROOM_NO_EXISTS')
  return { room, member }
}

/** @throws ROOM_NO_EXISTS, USER_IS_NOT_MASTER */
export async function requireMaster(store: Store, roomId: string, userId: string): Promise<Membership> {
  const membership = await requireMember(store, roomId, userId)
  if (!membership.member.master) throw new Fault('USER_IS_NOT_MASTER')
  return membership
}

/** The acting user where a platform acts. Edges accept no user by that id. */
export const PLATFORM = ''

/** The acting user in events for webhooks: null for the platform. */
export const actorOf = (userId: string) => userId || null

/** Each user once, without the caller and those to whom it does not apply. @throws WRONG_TARGET_USER_IDS if none is left */
export function targetsOf(callerId: string, userIds: string[], applies: (userId: string) => boolean) {
  const targets = [...new Set(userIds)].filter((userId) => userId !== callerId && applies(userId))
  if (targets.length === 0) throw new Fault('WRONG_TARGET_USER_IDS')
  return targets
}
