import type { Input, Room } from '@chat/contract'
import { readPage } from '../key-page.ts'
import { publishRemoval } from '../members/access-events.ts'
import { requireRoom } from '../members/memberships.ts'
import type { Operation, Parts } from '../parts.ts'
import { type RoomDoc, roomIdsOf, userIdsOf } from '../store/documents.ts'
import type { Store } from '../store/store.ts'
import { claimKeyOf } from './claims.ts'
import { changeRoom } from './room-change.ts'
import { roomEventsOf, storeWithEvents } from './room-events.ts'
import { viewRoom, viewRooms } from './room-view.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

type Filter = Pick<Input<'listRooms'>, 'userId' | 'linkSid'>

/** @throws ROOM_NO_EXISTS */
export const getRoom: Operation<'getRoom'> = async ({ store }, _caller, { roomId }) =>
  viewRoom(store, await requireRoom(store, roomId))

export const listRooms: Operation<'listRooms'> = ({ store }, _caller, query) => {
  const { cursor, limit = DEFAULT_LIMIT, ...filter } = query
  return readPage(
    { cursor, limit: Math.min(limit, MAX_LIMIT), chunk: MAX_LIMIT },
    (after) => idsAfter(store, after, filter),
    (roomId) => roomId,
    (roomIds) => roomsOf(store, roomIds, filter),
  )
}

async function idsAfter(store: Store, after: string, { userId, linkSid }: Filter): Promise<string[]> {
  if (userId === undefined) return store.rooms.idsAfter(after, MAX_LIMIT, linkSid)
  return roomIdsOf(await store.members.pageOfUser(userId, after, MAX_LIMIT))
}

async function roomsOf(store: Store, ids: string[], { linkSid }: Filter): Promise<Room[]> {
  const found = await store.rooms.getMany(ids)
  const wanted = found.filter(({ link }) => linkSid === undefined || link?.sid === linkSid)
  return (await viewRooms(store, wanted)).sort((a, b) => (a._id < b._id ? -1 : 1))
}

/** Deletes the room itself last: an interrupted deletion is finished by asking again. @throws ROOM_NO_EXISTS */
export const deleteRoom: Operation<'deleteRoom'> = async (parts, caller, { roomId }) => {
  const { bus, store, failedEvents } = parts
  const room = await hide(parts, roomId)
  await removeMembers(parts, room)
  await bus.ask('purgeRoomMessages', caller, { roomId })
  await bus.ask('purgeRoomFiles', caller, { roomId })
  await bus.ask('purgeRoomPushes', caller, { roomId })
  await store.mentions.removeRoom(roomId)
  await failedEvents.removeRoom(roomId)
  await store.unread.removeMarks(roomId)
  await removeRoom(parts, room)
  return { result: true }
}

async function hide(parts: Parts, roomId: string): Promise<RoomDoc> {
  const known = await parts.store.rooms.getAny(roomId)
  if (known?.isDeleted) return known
  const fields = { ready: false, isDeleted: true }
  return (await changeRoom(parts, roomId, async ({ members }) => ({ members, fields, result: null }))).room
}

async function removeMembers(parts: Parts, room: RoomDoc) {
  const { store } = parts
  const members = await store.members.pick([room._id])
  await publishRemoval(parts, room, userIdsOf(members))
  const key = claimKeyOf(room, members)
  if (key !== null) await store.rooms.releaseClaim(key, room._id)
  await store.members.removeRoom(room._id)
}

/** Its last event is that of its deletion; those that are not published yet are dropped. */
async function removeRoom(parts: Parts, { _id: roomId, updatedAt: before }: RoomDoc) {
  const { rooms, roomEvents } = parts.store
  const updatedAt = new Date(Math.max(Date.now(), before.getTime() + 1))
  await storeWithEvents(parts, async (transaction) => {
    const wasThere = await rooms.remove(roomId, transaction)
    await roomEvents.removeRoom(roomId, transaction)
    const deleted = { type: 'room.deleted', data: { roomId } } as const
    return { result: null, events: wasThere ? roomEventsOf({ _id: roomId, updatedAt }, [deleted]) : [] }
  })
}
