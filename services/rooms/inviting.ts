import { Fault, type Input } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Announcing } from './announcing.ts'
import type { Claims } from './claims.ts'
import { joinersOf } from './creating.ts'
import type { Directory } from './directory.ts'
import type { Members } from './members.ts'
import { memberId, type RoomDoc, type Store } from './store.ts'

/** Adds people to a room. */
export class Inviting {
  private readonly store: Store
  private readonly bus: Bus
  private readonly directory: Directory
  private readonly members: Members
  private readonly claims: Claims
  private readonly announcing: Announcing
  constructor(parts: {
    store: Store
    bus: Bus
    directory: Directory
    members: Members
    claims: Claims
    announcing: Announcing
  }) {
    this.store = parts.store
    this.bus = parts.bus
    this.directory = parts.directory
    this.members = parts.members
    this.claims = parts.claims
    this.announcing = parts.announcing
  }

  /** `/chat/inviteUsers`; the order of the checks is contract.md's. */
  async byPlatform(
    requestId: string,
    { roomId, inviterId, joinUsers }: Input<'inviteUsers'>,
  ): Promise<RoomDoc> {
    const room = await this.store.rooms.findOne({ _id: roomId, ready: true }).lean()
    if (!room) throw new Fault('ROOM_NO_EXISTS')
    if (room.rules.isFreezed) throw new Fault('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
    if (!room.rules.canInviteMemebrs) throw new Fault('ROOM_RULES_CAN_NOT_INVITE_MEMBERS')
    const inviter = await this.store.members.findById(memberId(roomId, inviterId)).lean()
    if (!inviter?.master) throw new Fault('INVITER_ID_IS_NOT_MASTER')
    const before = await this.members.idsOf(roomId)
    const joiners = joinersOf(joinUsers, false).filter((joiner) => !before.includes(joiner.userId))
    if (joiners.length === 0) throw new Fault('JOIN_USERS_EMPTY')
    this.members.requireSpace(before.length + joiners.length)
    await this.directory.save(joinUsers.map(({ _id, ...profile }) => ({ userId: _id, ...profile })))
    // A new member starts with everything read.
    const { lastSeq } = await this.bus.ask('lastMessageOf', { userId: '', requestId }, roomId)
    const added = await this.members.add(room, joiners, lastSeq)
    if (added.length === 0) throw new Fault('JOIN_USERS_EMPTY')
    await this.claims.move(room, before, await this.members.idsOf(roomId))
    this.announce(roomId, added)
    return (await this.store.rooms.findById(roomId).lean()) as RoomDoc
  }

  private announce(roomId: string, added: string[]) {
    this.bus.publishRoom(roomId, 'access', {})
    this.announcing.welcome(roomId, added)
    void this.announcing.announce(roomId, 'members')
  }
}
