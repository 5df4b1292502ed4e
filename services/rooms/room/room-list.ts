import type { Caller, Input, Room } from '@chat/contract'
import { bytesOf, decodeCursor, encodeCursor, isTime, PAGE_BYTES } from '@chat/service'
import type { Operation } from '../parts.ts'
import { idsOf, type MemberDoc, roomIdsOf, userIdsOf } from '../store/documents.ts'
import type { ActiveRoom } from '../store/room-store.ts'
import type { Store } from '../store/store.ts'
import { lazyMentionsOf, seenBy, viewRooms } from './room-view.ts'

const MAX_ROOMS = 1_000
/** Rooms are read so many at a time: a page that ends early has not read them all. */
const CHUNK = 100

type Filter = Input<'listenRooms'>

/** Where a page ended: the activity and id of its last room. */
const isPosition = (value: unknown): value is [time: number, roomId: string] =>
  Array.isArray(value) && isTime(value[0]) && typeof value[1] === 'string'

/** Newest activity first; ids decide between equals, so that pages never overlap. */
const byActivity = (a: ActiveRoom, b: ActiveRoom) =>
  b.activeAt.getTime() - a.activeAt.getTime() || (a._id < b._id ? 1 : a._id > b._id ? -1 : 0)

/** Ignores case. MongoDB's patterns end at a zero byte unless it is escaped. */
export const contains = (keyword: string) => new RegExp(RegExp.escape(keyword).replaceAll('\0', '\\x00'), 'i')

export const listenRooms: Operation<'listenRooms'> = async ({ store }, caller, filter) => {
  const memberships = await store.members.ofUser(caller.userId)
  const found = await store.rooms.activity(roomIdsOf(memberships), filter)
  return pageOf(store, caller, memberships, found, filter)
}

/** Those of the caller's rooms whose name, link name or visible members contain the keyword. */
export const queryRooms: Operation<'queryRooms'> = async ({ store }, caller, { keyword, ...filter }) => {
  const memberships = await store.members.ofUser(caller.userId)
  const pattern = contains(keyword)
  const byName = await store.rooms.activity(roomIdsOf(memberships), { ...filter, name: pattern })
  const roomIds = await roomsOfNamed(store, caller, memberships, pattern)
  const byMember = await store.rooms.activity(roomIds, filter)
  const found = new Map([...byName, ...byMember].map((room) => [room._id, room]))
  return pageOf(store, caller, memberships, [...found.values()], filter)
}

/** Those of a user's rooms in which they may see a member whose nickName matches. */
async function roomsOfNamed(store: Store, caller: Caller, own: MemberDoc[], pattern: RegExp) {
  const members = await store.members.pick(roomIdsOf(own), 'master')
  const named = await store.users.nickNames(userIdsOf(members), pattern)
  const closed = await store.rooms.closedAmong(roomIdsOf(own))
  for (const { roomId, master } of own) if (master) closed.delete(roomId)
  const isSeen = ({ roomId, userId, master }: (typeof members)[number]) =>
    master || userId === caller.userId || !closed.has(roomId)
  return roomIdsOf(members.filter((member) => named.has(member.userId) && isSeen(member)))
}

async function pageOf(store: Store, caller: Caller, own: MemberDoc[], found: ActiveRoom[], filter: Filter) {
  const position = filter.cursor === undefined ? null : decodeCursor(filter.cursor, isPosition)
  const after = position && { activeAt: new Date(position[0]), _id: position[1] }
  const limit = Math.min(filter.limit ?? MAX_ROOMS, MAX_ROOMS)
  const rest = found.sort(byActivity).filter((room) => !after || byActivity(room, after) > 0)
  const wanted = rest.slice(0, limit)
  const memberOf = new Map(own.map((member) => [member.roomId, member]))
  const mentions = lazyMentionsOf(store, caller.userId)
  const list: Room[] = []
  const cursor = () => {
    const last = rest.find(({ _id }) => _id === list.at(-1)?._id)
    return last ? encodeCursor([last.activeAt.getTime(), last._id]) : null
  }
  let bytes = 0
  for (let start = 0; start < wanted.length; start += CHUNK) {
    const ids = idsOf(wanted.slice(start, start + CHUNK))
    const rooms = new Map((await store.rooms.getMany(ids)).map((room) => [room._id, room]))
    const shown = ids.flatMap((id) => {
      const [room, member] = [rooms.get(id), memberOf.get(id)]
      return room && member ? { room, member } : []
    })
    const docs = shown.map(({ room }) => room)
    for (const view of await seenBy(store, caller, shown, await viewRooms(store, docs), mentions)) {
      bytes += bytesOf(view)
      if (bytes > PAGE_BYTES && list.length > 0) return { list, nextCursor: cursor() }
      list.push(view)
    }
  }
  return { list, nextCursor: rest.length > wanted.length ? cursor() : null }
}
