import { type Caller, type Input, type Room, roomAsSeenBy, sentSeq } from '@chat/contract'
import { type Membership, requireMember } from '../members/memberships.ts'
import { uncountedSeqs } from '../reading/uncounted-messages.ts'
import { idsOf, type MemberDoc, memberId, type RoomDoc, userIdsOf } from '../store/documents.ts'
import type { MentionMark } from '../store/mention-store.ts'
import type { Store } from '../store/store.ts'
import { presentMember, presentRoom } from './presenter.ts'

const SHOWN_IN_ONE = 100

/** Rooms with the members that lists show, in the order given, by a constant number of queries. */
export async function viewRooms(store: Store, rooms: RoomDoc[]): Promise<Room[]> {
  return compose(store, rooms, await store.members.getMany(rooms.flatMap(headIdsOf)))
}

/** One room with up to 100 members: those that lists show and the newest. */
export async function viewRoom(store: Store, room: RoomDoc): Promise<Room> {
  const [heads, newest] = await Promise.all([
    store.members.getMany(headIdsOf(room)),
    store.members.newest(room._id, SHOWN_IN_ONE),
  ])
  const members = new Map([...heads, ...newest].map((member) => [member._id, member]))
  const [view] = await compose(store, [room], [...members.values()].slice(0, SHOWN_IN_ONE))
  return view as Room
}

/** One room as the caller sees it. @throws ROOM_NO_EXISTS if they are not a member any more */
export async function viewRoomFor(store: Store, caller: Caller, room: RoomDoc): Promise<Room> {
  const [{ member }, view] = await Promise.all([
    requireMember(store, room._id, caller.userId),
    viewRoom(store, room),
  ])
  const [seen] = await seenBy(store, caller, [{ room, member }], [view])
  return seen as Room
}

/** The answer to a change of a room. */
export async function roomResult(store: Store, caller: Caller, changing: Promise<RoomDoc>) {
  return { result: true, room: await viewRoomFor(store, caller, await changing) }
}

/** A user's mentions, read once and only if needed. */
export function lazyMentionsOf({ mentions }: Store, userId: string) {
  let found: ReturnType<typeof mentions.ofUser> | undefined
  return () => {
    found ??= mentions.ofUser(userId)
    return found
  }
}

/**
 * Rooms as one member sees them. Messages that the caller has just sent, which this service may not have received yet,
 * move their own cursor at once; `lastSeq` stays that of `lastMessage`.
 */
export async function seenBy(
  store: Store,
  caller: Caller,
  seen: Membership[],
  views: Room[],
  mentionsOf = lazyMentionsOf(store, caller.userId),
): Promise<Room[]> {
  const readSeqOf = ({ room, member }: Membership) => Math.max(member.readSeq, sentSeq(caller, room._id))
  const behind = seen.filter((each) => (each.room.lastGone ?? 0) > readSeqOf(each)).map(({ room }) => room)
  const mayBeMentioned = seen.some((each) => (each.room.lastMention ?? 0) > readSeqOf(each))
  const [user, blocked, gone, mentions] = await Promise.all([
    store.users.get(caller.userId),
    store.users.blockedBy(caller.userId),
    uncountedSeqs(store, idsOf(behind)),
    mayBeMentioned ? mentionsOf() : new Map<string, MentionMark[]>(),
  ])
  const blockedIds = new Set(blocked)
  return seen.map((each, index) => {
    const { _id: roomId } = each.room
    const viewer = {
      member: presentMember(each.member, user ?? undefined),
      readSeq: readSeqOf(each),
      mentions: (mentions.get(roomId) ?? []).map(({ seq }) => seq),
    }
    const room = { ...(views[index] as Room), since: 0, gone: gone.get(roomId) ?? [] }
    return roomAsSeenBy(room, viewer, blockedIds)
  })
}

/** As gateways cache them: each with its uncounted messages above `since`, the lowest cursor of the gateway's users. */
export async function viewRoomsForGateway(store: Store, { rooms: asked }: Input<'viewRooms'>) {
  const sinceOf = new Map(asked.map(({ roomId, since }) => [roomId, since]))
  const docs = await store.rooms.getMany([...sinceOf.keys()])
  const behind = docs.filter(({ _id, lastGone = 0 }) => lastGone > (sinceOf.get(_id) ?? 0))
  const [rooms, gone] = await Promise.all([viewRooms(store, docs), uncountedSeqs(store, idsOf(behind))])
  return {
    rooms: rooms.map((room) => {
      const since = sinceOf.get(room._id) ?? 0
      return { ...room, since, gone: (gone.get(room._id) ?? []).filter((seq) => seq > since) }
    }),
  }
}

const headIdsOf = ({ _id, heads }: RoomDoc) => heads.map((userId) => memberId(_id, userId))

async function compose(store: Store, rooms: RoomDoc[], members: MemberDoc[]): Promise<Room[]> {
  const users = await store.users.getMany(userIdsOf(members))
  const byRoom = Map.groupBy(members, ({ roomId }) => roomId)
  return rooms.map((room) => {
    const shown = (byRoom.get(room._id) ?? []).sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
    const joinUsers = shown.map((member) => presentMember(member, users.get(member.userId)))
    return presentRoom(room, joinUsers)
  })
}
