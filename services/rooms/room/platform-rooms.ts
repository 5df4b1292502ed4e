import type { Input, Output, Room } from '@chat/contract'
import { bytesOf, decodeKey, encodeKey, PAGE_BYTES } from '@chat/service'
import { publishRemoval } from '../members/access-events.ts'
import { requireRoom } from '../members/memberships.ts'
import type { Parts } from '../parts.ts'
import type { RoomDoc } from '../store/documents.ts'
import type { Store } from '../store/store.ts'
import { claimKeyOf } from './claims.ts'
import { changeRoom } from './room-change.ts'
import { viewRoom, viewRooms } from './room-view.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

type Filter = Pick<Input<'listRooms'>, 'userId' | 'linkSid'>

/** @throws ROOM_NO_EXISTS */
export const getRoom = async ({ store }: Parts, roomId: string): Promise<Room> =>
  viewRoom(store, await requireRoom(store, roomId))

/** All rooms that are ready, in the order of their ids. */
export async function listPlatformRooms(
  { store }: Parts,
  { cursor, limit = DEFAULT_LIMIT, ...filter }: Input<'listRooms'>,
): Promise<Output<'listRooms'>> {
  const maxRooms = Math.min(limit, MAX_LIMIT)
  const list: Room[] = []
  let bytes = 0
  for (let after = cursor === undefined ? '' : decodeKey(cursor); ; ) {
    const ids = await idsAfter(store, after, filter)
    for (const room of await roomsOf(store, ids, filter)) {
      bytes += bytesOf(room)
      if (list.length === maxRooms || (bytes > PAGE_BYTES && list.length > 0))
        return { list, nextCursor: encodeKey(list.at(-1)?._id ?? '') }
      list.push(room)
    }
    if (ids.length < MAX_LIMIT) return { list, nextCursor: null }
    after = ids.at(-1) ?? ''
  }
}

async function idsAfter(store: Store, after: string, { userId, linkSid }: Filter): Promise<string[]> {
  if (userId === undefined) return store.rooms.idsAfter(after, MAX_LIMIT, linkSid)
  return (await store.members.pageOfUser(userId, after, MAX_LIMIT)).map(({ roomId }) => roomId)
}

async function roomsOf(store: Store, ids: string[], { linkSid }: Filter): Promise<Room[]> {
  const found = await store.rooms.getMany(ids)
  const wanted = found.filter(({ link }) => linkSid === undefined || link?.sid === linkSid)
  return (await viewRooms(store, wanted)).sort((a, b) => (a._id < b._id ? -1 : 1))
}

/**
 * Hides the room, removes its members, deletes what belongs to it, and the room itself last: an interrupted deletion is
 * finished by asking again. @throws ROOM_NO_EXISTS
 */
export async function deleteRoom(parts: Parts, requestId: string, roomId: string): Promise<void> {
  const { bus, store } = parts
  const room = await hide(parts, roomId)
  await removeMembers(parts, room)
  const caller = { userId: '', requestId }
  await bus.ask('purgeRoomMessages', caller, { roomId })
  await bus.ask('purgeRoomFiles', caller, { roomId })
  await bus.ask('purgeRoomPushes', caller, { roomId })
  await store.mentions.removeRoom(roomId)
  await store.uncounted.remove(roomId)
  await removeRoom(parts, room)
}

async function hide(parts: Parts, roomId: string): Promise<RoomDoc> {
  const known = await parts.store.rooms.getAny(roomId)
  if (known?.isDeleted) return known
  const fields = { ready: false, isDeleted: true }
  return (await changeRoom(parts, roomId, async ({ members }) => ({ members, fields, result: null }))).room
}

async function removeMembers(parts: Parts, room: RoomDoc) {
  const { store } = parts
  const members = await store.members.pick([room._id], 'userId')
  await publishRemoval(
    parts,
    room,
    members.map(({ userId }) => userId),
  )
  const key = claimKeyOf(room, members)
  if (key !== null) await store.claims.release(key, room._id)
  await store.bans.removeRoom(room._id)
  await store.mutes.removeRoom(room._id)
  await store.members.removeRoom(room._id)
}

/** Its last event is that of its deletion; events that are not published yet are dropped. */
async function removeRoom({ store, outbox }: Parts, { _id: roomId, updatedAt: before }: RoomDoc) {
  const updatedAt = new Date(Math.max(Date.now(), before.getTime() + 1))
  await store.transaction(async (transaction) => {
    const wasThere = await store.rooms.remove(roomId, transaction)
    await store.roomEvents.removeRoom(roomId, transaction)
    if (wasThere)
      await outbox.add({ _id: roomId, updatedAt }, [{ type: 'room.deleted', data: { roomId } }], transaction)
  })
  outbox.publish(roomId)
}
