import { Fault, type Input, type RoomHappening } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { doer } from '../room/room-event-outbox.ts'
import { type MemberDoc, memberId } from '../store/documents.ts'
import type { Changed, Outcome, Scene } from './memberships.ts'
import { PLATFORM, targetsOf } from './targets.ts'

type UncountedMessages = { removed: string[]; promoted: MemberDoc[] }
/** By themselves, or because somebody wanted it. */
type Manner = { isLeaving: true } | { isLeaving: false; by: string; banned: boolean }
const expelled = (banned: boolean): Manner => ({ isLeaving: false, by: PLATFORM, banned })

/** How people leave a room: by themselves, or because a master wants it. */
export class Removals {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** A leaving last master hands over to the longest-standing member. @throws ROOM_RULES_CAN_NOT_LEAVE */
  async leave(userId: string, roomId: string): Promise<void> {
    const changed = await this.parts.members.change(roomId, async (scene) => {
      if (!scene.people.some((member) => member.userId === userId)) throw new Fault('ROOM_NO_EXISTS')
      if (!scene.room.rules.canLeaveOutRoom) throw new Fault('ROOM_RULES_CAN_NOT_LEAVE')
      return this.takeOut(scene, [userId], { isLeaving: true })
    })
    await this.tell(changed)
  }

  /** @throws USER_IS_NOT_MASTER, WRONG_TARGET_USER_IDS */
  async kick(userId: string, { roomId, targetUserIds, ban }: Input<'kickOutUsers'>): Promise<void> {
    const changed = await this.parts.members.change(roomId, async (scene) => {
      requireMasterOf(scene, userId)
      const present = new Set(scene.people.map((member) => member.userId))
      const targets = targetsOf(userId, targetUserIds, (id) => present.has(id))
      if (ban) await this.keepOut(scene, targets)
      return this.takeOut(scene, targets, { isLeaving: false, by: userId, banned: ban ?? false })
    })
    await this.tell(changed)
  }

  /** A platform takes somebody out who may not be there any more. @throws ROOM_NO_EXISTS */
  async expel({ roomId, userId }: { roomId: string; userId: string }): Promise<void> {
    const changed = await this.parts.members.change(roomId, (scene) =>
      this.takeOut(scene, [userId], expelled(false)),
    )
    await this.tell(changed)
  }

  /** Likewise, and keeps them out, whether they were there or not. */
  async ban({ roomId, userId }: { roomId: string; userId: string }): Promise<void> {
    const changed = await this.parts.members.change(roomId, async (scene) => {
      await this.keepOut(scene, [userId])
      return this.takeOut(scene, [userId], expelled(true))
    })
    await this.tell(changed)
  }

  private async keepOut({ room, session }: Scene, userIds: string[]) {
    const banned = userIds.map((userId) => ({
      _id: memberId(room._id, userId),
      roomId: room._id,
      userId,
      createdAt: new Date(),
    }))
    await this.parts.store.bans.deleteMany({ _id: { $in: banned.map((each) => each._id) } }, { session })
    await this.parts.store.bans.insertMany(banned, { session })
  }

  private async takeOut(
    { room, people, session }: Scene,
    userIds: string[],
    manner: Manner,
  ): Promise<Outcome<UncountedMessages>> {
    const out = new Set(userIds)
    const leaving = people.filter((member) => out.has(member.userId))
    const staying = people.filter((member) => !out.has(member.userId))
    const { members } = this.parts.store
    await this.parts.mutes.keep(leaving, session)
    await members.deleteMany({ _id: { $in: leaving.map((member) => member._id) } }, { session })
    const [heir] = staying
    const promoted = heir && !staying.some((member) => member.master) ? [{ ...heir, master: true }] : []
    for (const { _id } of promoted) await members.updateOne({ _id }, { $set: { master: true } }, { session })
    return {
      people: staying.map((member) => promoted.find(({ _id }) => _id === member._id) ?? member),
      told: { removed: userIds, promoted },
      happened: () => happenings(room._id, leaving, promoted, manner),
    }
  }

  private async tell({ room, before, people, told }: Changed<UncountedMessages>) {
    const { access, roomBroadcast, claims } = this.parts
    await access.removed(room, told.removed, told.promoted)
    this.parts.mentions.forgetMembers(room._id, told.removed)
    await claims.move(
      room,
      before.map((member) => member.userId),
      people.map((member) => member.userId),
    )
    roomBroadcast.announce(room._id)
  }
}

function happenings(
  roomId: string,
  leaving: MemberDoc[],
  promoted: MemberDoc[],
  manner: Manner,
): RoomHappening[] {
  const idsOf = (members: MemberDoc[]) => members.map(({ userId }) => userId)
  const userIds = idsOf(leaving)
  // Somebody may be kept out, or taken out again, who is not there.
  if (userIds.length === 0) return []
  const gone: RoomHappening = manner.isLeaving
    ? { type: 'member.left', data: { roomId, userIds, by: userIds[0] ?? null } }
    : { type: 'member.removed', data: { roomId, userIds, by: doer(manner.by), banned: manner.banned } }
  if (promoted.length === 0) return [gone]
  return [
    gone,
    { type: 'member.updated', data: { roomId, userIds: idsOf(promoted), by: null, master: true } },
  ]
}

/** Platforms need not be anybody's master. @throws ROOM_NO_EXISTS, USER_IS_NOT_MASTER */
export function requireMasterOf({ people }: Scene, userId: string): void {
  if (userId === PLATFORM) return
  const member = people.find((candidate) => candidate.userId === userId)
  if (!member) throw new Fault('ROOM_NO_EXISTS')
  if (!member.master) throw new Fault('USER_IS_NOT_MASTER')
}
