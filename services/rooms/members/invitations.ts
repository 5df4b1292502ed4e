import { Fault, type Input } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { joinersOf } from '../room/room-creation.ts'
import { doer } from '../room/room-event-outbox.ts'
import { requireUnfrozen } from '../room/settings.ts'
import { memberId, type RoomDoc } from '../store/documents.ts'
import { type Joiner, newMembers, type Scene } from './memberships.ts'
import { PLATFORM, targetsOf } from './targets.ts'

/** Adds people to a room. */
export class Invitations {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Any member may, where the rules let them. @throws JOIN_USER_ALREADY_EXISTS, USER_IS_BANNED where nobody is left */
  async byClient(
    userId: string,
    requestId: string,
    { roomId, targetUserIds }: Input<'inviteRoom'>,
  ): Promise<RoomDoc> {
    requireOpen((await this.parts.members.require(roomId, userId)).room)
    const known = new Set(await this.parts.directory.known(targetUserIds))
    const blockers = await this.parts.blocks.blockersOf(userId, [...known])
    const targets = targetsOf(userId, targetUserIds, (id) => known.has(id) && !blockers.has(id))
    const joiners = targets.map((target) => ({ userId: target, master: false }))
    return this.add({ roomId, requestId, by: userId }, joiners, (scene, { banned }) => {
      if (!scene.people.some((member) => member.userId === userId)) throw new Fault('ROOM_NO_EXISTS')
      requireOpen(scene.room)
      return new Fault(banned > 0 ? 'USER_IS_BANNED' : 'JOIN_USER_ALREADY_EXISTS')
    })
  }

  /** `/chat/inviteUsers`; the order of the checks is contract.md's. Banned people are not brought back by it. */
  async byPlatform(
    requestId: string,
    { roomId, inviterId, joinUsers }: Input<'inviteUsers'>,
  ): Promise<RoomDoc> {
    requireOpen(await this.parts.members.requireRoom(roomId))
    const inviter = await this.parts.store.members.findById(memberId(roomId, inviterId)).lean()
    if (!inviter?.master) throw new Fault('INVITER_ID_IS_NOT_MASTER')
    const present = new Set(await this.parts.members.idsOf(roomId))
    const joiners = joinersOf(joinUsers, false)
    if (joiners.every(({ userId }) => present.has(userId))) throw new Fault('JOIN_USERS_EMPTY')
    await this.parts.directory.save(joinUsers.map(({ _id, ...profile }) => ({ userId: _id, ...profile })))
    return this.add({ roomId, requestId, by: inviterId }, joiners, (scene) => {
      requireOpen(scene.room)
      if (!scene.people.some((member) => member.userId === inviterId && member.master))
        throw new Fault('INVITER_ID_IS_NOT_MASTER')
      return new Fault('JOIN_USERS_EMPTY')
    })
  }

  /** A platform adds whom it likes; the first into an empty room is its master. Banned people stay out. */
  async freely(requestId: string, roomId: string, users: Input<'addMembers'>['users']): Promise<RoomDoc> {
    requireUnfrozen(await this.parts.members.requireRoom(roomId))
    const isEmpty = (await this.parts.members.idsOf(roomId)).length === 0
    await this.parts.directory.save(users.map(({ _id, ...profile }) => ({ userId: _id, ...profile })))
    return this.add({ roomId, requestId, by: PLATFORM }, joinersOf(users, isEmpty), (scene, { banned }) => {
      requireUnfrozen(scene.room)
      return new Fault(banned > 0 ? 'USER_IS_BANNED' : 'JOIN_USER_ALREADY_EXISTS')
    })
  }

  /** `check` looks once more at what the change finds, and says what it means if nobody can be added. */
  private async add(
    { roomId, requestId, by }: { roomId: string; requestId: string; by: string },
    joiners: Joiner[],
    check: (scene: Scene, skipped: { banned: number }) => Fault,
  ): Promise<RoomDoc> {
    // A new member starts with everything read.
    const { lastSeq } = await this.parts.bus.ask('lastMessageOf', { userId: '', requestId }, roomId)
    const { members, access, roomBroadcast, claims } = this.parts
    const { room, before, people, told } = await members.change(roomId, async (scene, now) => {
      const absent = joiners.filter(({ userId }) => !scene.people.some((member) => member.userId === userId))
      const banned = await this.bannedOf(scene, absent)
      const fresh = absent.filter(({ userId }) => !banned.has(userId))
      const nobody = check(scene, { banned: banned.size })
      if (fresh.length === 0) throw nobody
      members.requireSpace(scene.people.length + fresh.length)
      const joining = newMembers(roomId, fresh, lastSeq, now)
      const added = await this.parts.mutes.restore(joining, scene.session)
      await this.parts.store.members.insertMany(added, { session: scene.session })
      const userIds = fresh.map(({ userId }) => userId)
      return {
        people: [...scene.people, ...added],
        told: userIds,
        happened: () => [{ type: 'member.joined', data: { roomId, userIds, by: doer(by) } }],
      }
    })
    await claims.move(
      room,
      before.map(({ userId }) => userId),
      people.map(({ userId }) => userId),
    )
    await access.changed(roomId)
    roomBroadcast.welcome(roomId, told)
    roomBroadcast.announce(roomId)
    return room
  }

  private async bannedOf({ room, session }: Scene, joiners: Joiner[]): Promise<Set<string>> {
    const ids = joiners.map(({ userId }) => memberId(room._id, userId))
    const banned = await this.parts.store.bans.find({ _id: { $in: ids } }, null, { session }).lean()
    return new Set(banned.map((ban) => ban.userId))
  }
}

/** @throws ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED, ROOM_RULES_CAN_NOT_INVITE_MEMBERS */
function requireOpen(room: RoomDoc) {
  requireUnfrozen(room)
  if (!room.rules.canInviteMemebrs) throw new Fault('ROOM_RULES_CAN_NOT_INVITE_MEMBERS')
}
