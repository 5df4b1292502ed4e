import { type Caller, defaultName, defaultRules, Fault, type Input, type RoomType } from '@chat/contract'
import {
  actorOf,
  headsOf,
  type Joiner,
  joinersOf,
  newMembers,
  PLATFORM,
  requireSpace,
  targetsOf,
} from '../members/memberships.ts'
import { mentionsIn, publishMentions } from '../mentions/unread-mentions.ts'
import type { Operation, Parts } from '../parts.ts'
import { takeMessages } from '../reading/message-consumer.ts'
import type { RoomDoc } from '../store/documents.ts'
import { newRoomId } from '../store/room-store.ts'
import type { Store } from '../store/store.ts'
import { saveUsers } from '../users/directory.ts'
import { claimKeyOf } from './claims.ts'
import { presentOutline } from './presenter.ts'
import { roomEventsOf, storeWithEvents } from './room-events.ts'
import { viewRoom, viewRoomFor } from './room-view.ts'

type PlatformRoom = Input<'createRoom'>
type First = NonNullable<PlatformRoom['message']>
type Plan = Pick<RoomDoc, 'name' | 'roomType' | 'profileUrl' | 'link' | 'rules' | 'meta'> & {
  joiners: Joiner[]
}

/** @throws WRONG_TARGET_USER_IDS if nobody else would be in it, ROOM_IS_FULL */
export const createNewRoom: Operation<'createNewRoom'> = async (parts, caller, input) => {
  const { store, limits } = parts
  const { userId } = caller
  const known = await store.users.nickNames(input.users)
  const blockers = await store.users.blockersOf(userId, [...known.keys()])
  const others = targetsOf(userId, input.users, (id) => known.has(id) && !blockers.has(id))
  const joiners = [userId, ...others].map((id) => ({ userId: id, master: id === userId }))
  const plan = planOf(input, 'GROUP', joiners)
  requireSpace(limits, joiners.length)
  const roomId = newRoomId()
  // If another room holds the claim of the same link and members, this one holds none.
  const key = claimKeyOf(plan, joiners)
  if (key !== null && !plan.rules.isFreezed) await store.rooms.takeClaim(key, roomId)
  await addRoom(store, roomId, plan)
  return viewRoomFor(store, caller, await open(parts, roomId, userId))
}

/** A repeated request finishes what a crash left half done. @throws ROOM_ALREADY_EXISTS with the room's id */
export const createRoom: Operation<'createRoom'> = async (parts, caller, input) => {
  const { store, limits } = parts
  if ((input.message?.data.content.text.length ?? 0) > limits.textLength) throw new Fault('MESSAGE_TOO_LONG')
  const plan = planOf(input, input.roomType, joinersOf(input.joinUsers))
  requireSpace(limits, plan.joiners.length)
  const roomId = await claim(parts, plan)
  await saveUsers(parts, input.joinUsers)
  await addRoom(store, roomId, plan)
  const first = input.message && (await postFirst(parts, caller, roomId, plan.joiners, input.message))
  const room = await open(parts, roomId, PLATFORM)
  // Nobody could see the room before, if they were told.
  if (first) await publishMentions(parts, mentionsIn(first), [first], true)
  return viewRoom(store, room)
}

export const createRoomWithMessage: Operation<'createRoomWithMessage'> = createRoom

/** @returns the id of the room to make: a new one, or one that another request began and did not finish */
async function claim(parts: Parts, plan: Plan): Promise<string> {
  const { store, claims } = parts
  const key = claimKeyOf(plan, plan.joiners)
  const roomId = newRoomId()
  if (key === null) return roomId
  const holder = plan.rules.isFreezed
    ? await store.rooms.claim(key)
    : await store.rooms.takeClaim(key, roomId)
  if (!holder) return roomId
  if (!(await claims.isStale(holder))) return claims.takeOver(holder)
  await store.rooms.releaseClaim(key, holder.roomId)
  return claim(parts, plan)
}

/** Stores a room that is not ready, and its members. Repeating it changes nothing. */
async function addRoom(store: Store, roomId: string, { joiners, ...plan }: Plan) {
  const now = new Date()
  await store.rooms.add({
    _id: roomId,
    ...plan,
    heads: headsOf(joiners),
    memberCount: joiners.length,
    lastSeq: 0,
    lastMessage: null,
    lastGone: 0,
    announcement: null,
    activeAt: now,
    ready: false,
    createdAt: now,
    updatedAt: now,
  })
  const first = new Date(now.getTime() - joiners.length + 1)
  await store.members.addMissing(newMembers(roomId, joiners, 0, first))
}

async function postFirst(parts: Parts, caller: Caller, roomId: string, joiners: Joiner[], first: First) {
  const { author, data } = first
  const { authorId, nickName = defaultName(authorId), profileUrl = null } = author
  const { message } = await parts.bus.ask('postFirstMessage', caller, {
    roomId,
    author: { authorId, nickName, profileUrl },
    type: data.type,
    text: data.content.text,
    audience: joiners.filter(({ userId }) => userId !== authorId).length,
  })
  // The consumer receives it too, but the answer must show it already.
  await takeMessages(parts, [message])
  return message
}

/** Of several requests that finish the same room, one succeeds. */
async function open(parts: Parts, roomId: string, by: string): Promise<RoomDoc> {
  const { store, broadcast } = parts
  const userIds = await store.members.userIdsOf(roomId)
  const opened = await storeWithEvents(parts, async (transaction) => {
    const room = await store.rooms.setReady(roomId, transaction)
    if (!room) throw new Fault('ROOM_ALREADY_EXISTS', { data: { roomId } })
    const data = { room: presentOutline(room), userIds, by: actorOf(by) }
    return { result: room, events: roomEventsOf(room, [{ type: 'room.created', data }]) }
  })
  broadcast.publishJoined(roomId, userIds)
  return opened
}

type RoomInput = Input<'createNewRoom'> | PlatformRoom
const planOf = (input: RoomInput, roomType: RoomType, joiners: Joiner[]): Plan => ({
  name: input.name,
  roomType,
  profileUrl: input.profileUrl ?? null,
  link: input.link ?? null,
  rules: { ...defaultRules, ...input.rules },
  meta: 'meta' in input ? (input.meta ?? null) : null,
  joiners,
})
