import { Fault, type Input } from '@chat/contract'
import { joinersOf } from './creating.ts'
import type { Parts } from './parts.ts'
import { memberId, type RoomDoc } from './store.ts'

/** Adds people to a room. */
export class Inviting {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** `/chat/inviteUsers`; the order of the checks is contract.md's. */
  async byPlatform(
    requestId: string,
    { roomId, inviterId, joinUsers }: Input<'inviteUsers'>,
  ): Promise<RoomDoc> {
    const room = await this.parts.store.rooms.findOne({ _id: roomId, ready: true }).lean()
    if (!room) throw new Fault('ROOM_NO_EXISTS')
    if (room.rules.isFreezed) throw new Fault('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
    if (!room.rules.canInviteMemebrs) throw new Fault('ROOM_RULES_CAN_NOT_INVITE_MEMBERS')
    const inviter = await this.parts.store.members.findById(memberId(roomId, inviterId)).lean()
    if (!inviter?.master) throw new Fault('INVITER_ID_IS_NOT_MASTER')
    const before = await this.parts.members.idsOf(roomId)
    const joiners = joinersOf(joinUsers, false).filter((joiner) => !before.includes(joiner.userId))
    if (joiners.length === 0) throw new Fault('JOIN_USERS_EMPTY')
    this.parts.members.requireSpace(before.length + joiners.length)
    await this.parts.directory.save(joinUsers.map(({ _id, ...profile }) => ({ userId: _id, ...profile })))
    // A new member starts with everything read.
    const { lastSeq } = await this.parts.bus.ask('lastMessageOf', { userId: '', requestId }, roomId)
    const added = await this.parts.members.add(room, joiners, lastSeq)
    if (added.length === 0) throw new Fault('JOIN_USERS_EMPTY')
    await this.parts.claims.move(room, before, await this.parts.members.idsOf(roomId))
    this.announce(roomId, added)
    return (await this.parts.store.rooms.findById(roomId).lean()) as RoomDoc
  }

  private announce(roomId: string, added: string[]) {
    this.parts.bus.publishRoom(roomId, 'access', {})
    this.parts.announcing.welcome(roomId, added)
    this.parts.announcing.announce(roomId)
  }
}
