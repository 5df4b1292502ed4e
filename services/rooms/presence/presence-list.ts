import { maySee } from '@chat/contract'
import type { Operation } from '../parts.ts'
import { type MemberDoc, memberId, roomIdsOf, userIdsOf } from '../store/documents.ts'
import type { Store } from '../store/store.ts'
import { isConnected } from './presence.ts'

/** In up to so many rooms, a hundred users are found faster by key than by reading all their memberships. */
const FEW_ROOMS = 20

type Membership = Pick<MemberDoc, 'roomId' | 'userId' | 'master'>

/** The presence of those users whom the caller may see as a member of a room that both are in. */
export const queryPresence: Operation<'queryPresence'> = async ({ store, bus }, caller, { userIds }) => {
  const visible = await visibleTo(store, caller.userId, [...new Set(userIds)])
  const seenAt = await store.presence.seenAt(visible)
  const online = await Promise.all(visible.map((userId) => isConnected(bus, userId)))
  const now = new Date()
  const list = visible.map((userId, index) => {
    const isOnline = online[index] ?? false
    const lastSeenAt = (isOnline ? now : seenAt.get(userId))?.toISOString() ?? null
    return { userId, online: isOnline, lastSeenAt }
  })
  return { list }
}

export const noteSeen: Operation<'noteSeen'> = async ({ presence }, _caller, seen) => {
  await presence.report(seen)
  return { result: true }
}

async function visibleTo(store: Store, callerId: string, userIds: string[]): Promise<string[]> {
  const own = new Map((await store.members.ofUser(callerId)).map((member) => [member.roomId, member]))
  const shared = await membershipsOf(store, userIds, [...own.keys()])
  const closed = await store.rooms.closedAmong([...new Set(roomIdsOf(shared))])
  const isVisible = ({ roomId, userId, master }: Membership) => {
    const self = own.get(roomId)
    const rules = { canShowMemberList: !closed.has(roomId) }
    return self && maySee(rules, { _id: callerId, master: self.master }, { _id: userId, master })
  }
  const visible = new Set(userIdsOf(shared.filter(isVisible)))
  return userIds.filter((id) => visible.has(id))
}

/** At least the users' memberships in these rooms, by whichever query reads less. */
const membershipsOf = (store: Store, userIds: string[], roomIds: string[]): Promise<Membership[]> =>
  roomIds.length <= FEW_ROOMS
    ? store.members.getMany(roomIds.flatMap((roomId) => userIds.map((userId) => memberId(roomId, userId))))
    : store.members.ofUsers(userIds)
