import {
  type Author,
  defaultName,
  defaultRules,
  Fault,
  type Input,
  type Message,
  type Room,
  type RoomType,
  type Rules,
} from '@chat/contract'
import { isDuplicate } from '@chat/service'
import mongoose from 'mongoose'
import { headsOf, type Joiner, newMembers } from '../members/memberships.ts'
import { PLATFORM, targetsOf } from '../members/targets.ts'
import type { Parts } from '../parts.ts'
import type { RoomDoc } from '../store/documents.ts'
import { claimKey } from './claims.ts'
import { doer, outlineOf } from './room-event-outbox.ts'

type PlatformRoom = Input<'createRoom'>
type Plan = {
  name: string
  roomType: RoomType
  profileUrl: string | null
  link: { sid: string; name: string } | null
  rules: Rules
  meta: Record<string, unknown> | null
  joiners: Joiner[]
}

/** Makes rooms. */
export class RoomCreation {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** A client makes a room. @throws WRONG_TARGET_USER_IDS where nobody else would be in it */
  async byClient(userId: string, input: Input<'createNewRoom'>): Promise<RoomDoc> {
    const known = await this.parts.directory.known(input.users)
    const blockers = await this.parts.blocks.blockersOf(userId, known)
    const others = targetsOf(userId, known, (id) => !blockers.has(id))
    const plan = planOf(input, 'GROUP', [
      { userId, master: true },
      ...others.map((other) => ({ userId: other, master: false })),
    ])
    this.parts.members.requireSpace(plan.joiners.length)
    const roomId = newRoomId()
    // A room for the same people and link may be there already; then this one simply holds no claim.
    const key = keyOf(plan)
    if (key && !plan.rules.isFreezed) await this.parts.claims.take(key, roomId)
    await this.storeRoom(roomId, plan)
    return this.open(roomId, userId)
  }

  /**
   * A platform makes a room with its first message. Room and message are both stored when this resolves; what a
   * crash left half done is finished by the next who asks for the same room.
   * @throws ROOM_ALREADY_EXISTS with the room's id
   */
  async byPlatform(requestId: string, input: PlatformRoom): Promise<Room> {
    if ((input.message?.data.content.text.length ?? 0) > this.parts.textLength)
      throw new Fault('MESSAGE_TOO_LONG')
    const plan = planOf(input, input.roomType, joinersOf(input.joinUsers))
    this.parts.members.requireSpace(plan.joiners.length)
    const roomId = await this.claim(plan)
    await this.parts.directory.save(
      input.joinUsers.map(({ _id, ...profile }) => ({ userId: _id, ...profile })),
    )
    await this.storeRoom(roomId, plan)
    const first = input.message && (await this.postFirst(requestId, roomId, plan.joiners, input.message))
    const room = await this.open(roomId, PLATFORM)
    // Before there was nothing to be told: nobody could see the room.
    if (first) await this.parts.messageConsumer.tellMentioned([first])
    return this.parts.roomView.one(room)
  }

  /** The id of the room to make: a new one, or one that somebody began and did not finish. */
  private async claim(plan: Plan): Promise<string> {
    const key = plan.roomType === 'GROUP' ? keyOf(plan) : null
    const roomId = newRoomId()
    if (key === null) return roomId
    const holder = plan.rules.isFreezed
      ? await this.parts.claims.find(key)
      : await this.parts.claims.take(key, roomId)
    if (!holder) return roomId
    if (await this.parts.claims.isStale(holder)) {
      await this.parts.claims.release(key, holder.roomId)
      return this.claim(plan)
    }
    return this.parts.claims.takeOver(holder)
  }

  /** Stores room and members unseen. Doing it again changes nothing. */
  private async storeRoom(roomId: string, { joiners, ...plan }: Plan) {
    const now = new Date()
    const doc: RoomDoc = {
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
    }
    await this.parts.store.rooms.insertOne(doc).catch(ignoreDuplicate)
    await this.parts.store.members
      .insertMany(newMembers(roomId, joiners, 0, new Date(now.getTime() - joiners.length + 1)), {
        ordered: false,
      })
      .catch(ignoreDuplicate)
  }

  private async postFirst(
    requestId: string,
    roomId: string,
    joiners: Joiner[],
    { author, data }: NonNullable<PlatformRoom['message']>,
  ): Promise<Message> {
    const whole: Author = {
      authorId: author.authorId,
      nickName: author.nickName ?? defaultName(author.authorId),
      profileUrl: author.profileUrl ?? null,
    }
    const audience = joiners.filter(({ userId }) => userId !== author.authorId).length
    const { message } = await this.parts.bus.ask(
      'postFirstMessage',
      { userId: '', requestId },
      { roomId, author: whole, type: data.type, text: data.content.text, audience },
    )
    // It comes by the stream too; the answer must show it already.
    await this.parts.messageConsumer.takeMessages([message])
    return message
  }

  /** Lets the room be seen. Of several who finish the same room, one succeeds. */
  private async open(roomId: string, by: string): Promise<RoomDoc> {
    const { store, facts, roomBroadcast, members } = this.parts
    const userIds = await members.idsOf(roomId)
    const closed = { _id: roomId, ready: false }
    const opened = await store.transaction(async (session) => {
      const room = await store.rooms
        .findOneAndUpdate(closed, { $set: { ready: true } }, { session, returnDocument: 'after' })
        .lean()
      if (!room) throw new Fault('ROOM_ALREADY_EXISTS', { data: { roomId } })
      const data = { room: outlineOf(room), userIds, by: doer(by) }
      await facts.note(room, [{ type: 'room.created', data }], session)
      return room
    })
    facts.publish(roomId)
    roomBroadcast.welcome(roomId, userIds)
    return opened
  }
}

const newRoomId = () => new mongoose.Types.ObjectId().toHexString()

const ignoreDuplicate = (error: unknown) => {
  if (!isDuplicate(error)) throw error
}

const keyOf = ({ link, joiners }: Plan) =>
  link
    ? claimKey(
        link.sid,
        joiners.map((joiner) => joiner.userId),
      )
    : null

function planOf(input: Input<'createNewRoom'> | PlatformRoom, roomType: RoomType, joiners: Joiner[]): Plan {
  return {
    name: input.name,
    roomType,
    profileUrl: input.profileUrl ?? null,
    link: input.link ?? null,
    rules: { ...defaultRules, ...input.rules },
    meta: 'meta' in input ? (input.meta ?? null) : null,
    joiners,
  }
}

/** Each user once, the first mention counting. Where nobody is master, the first becomes it. */
export function joinersOf(users: { _id: string; master?: boolean }[], needsMaster = true): Joiner[] {
  const joiners = new Map<string, Joiner>()
  for (const { _id, master } of users) {
    if (!joiners.has(_id)) joiners.set(_id, { userId: _id, master: master ?? false })
  }
  const [first] = joiners.values()
  if (needsMaster && first && ![...joiners.values()].some((joiner) => joiner.master)) first.master = true
  return [...joiners.values()]
}
