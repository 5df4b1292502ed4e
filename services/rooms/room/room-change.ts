import { Fault, type RoomActivity } from '@chat/contract'
import { headsOf, PLATFORM } from '../members/memberships.ts'
import type { Parts } from '../parts.ts'
import type { MemberDoc, RoomDoc } from '../store/documents.ts'
import type { Transaction } from '../store/models.ts'
import { roomEventsOf, storeWithEvents } from './room-events.ts'

/** A room as a change finds it: `members` oldest first, `now` later than its last change. */
export type RoomState = { room: RoomDoc; members: MemberDoc[]; now: Date }
/** What a change makes of it: the members, oldest first, changed fields of the room, and events for the outbox. */
type Outcome<T> = {
  members: MemberDoc[]
  fields?: Partial<RoomDoc>
  events?: (room: RoomDoc) => RoomActivity[]
  result: T
}
type Change<T> = (state: RoomState, transaction: Transaction) => Promise<Outcome<T>>

/**
 * Changes a room and its members in one transaction. It always writes the room, so of two simultaneous changes one is
 * repeated with what the other left: rules about all members hold. `updatedAt` grows with every change and no member is
 * newer than it, so a removal can be told from a later return. @throws ROOM_NO_EXISTS
 */
export function changeRoom<T>(parts: Pick<Parts, 'store' | 'outbox'>, roomId: string, change: Change<T>) {
  const { store } = parts
  return storeWithEvents(parts, async (transaction) => {
    const known = await store.rooms.get(roomId, transaction)
    if (!known) throw new Fault('ROOM_NO_EXISTS')
    const before = await store.members.ofRoom(roomId, transaction)
    const now = new Date(Math.max(Date.now(), known.updatedAt.getTime() + 1))
    const state = { room: known, members: before, now }
    const { members, fields, events, result } = await change(state, transaction)
    const updatedAt = new Date(Math.max(now.getTime(), members.at(-1)?.createdAt.getTime() ?? 0))
    const derived = { memberCount: members.length, heads: headsOf(members), updatedAt }
    const room = await store.rooms.update(roomId, { ...fields, ...derived }, transaction)
    return { result: { room, before, members, result }, events: roomEventsOf(room, events?.(room) ?? []) }
  })
}

/** Platforms need not be master. @throws ROOM_NO_EXISTS, USER_IS_NOT_MASTER */
export function requireMasterOf({ members }: RoomState, userId: string): void {
  if (userId === PLATFORM) return
  const member = members.find((candidate) => candidate.userId === userId)
  if (!member) throw new Fault('ROOM_NO_EXISTS')
  if (!member.master) throw new Fault('USER_IS_NOT_MASTER')
}

/** @throws ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED */
export function requireUnfrozen({ rules }: RoomDoc) {
  if (rules.isFreezed) throw new Fault('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
}
