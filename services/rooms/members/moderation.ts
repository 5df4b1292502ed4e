import { Fault, type Input } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { doer } from '../room/room-event-outbox.ts'
import { type MemberDoc, memberId, type RoomDoc } from '../store/documents.ts'
import type { Scene } from './memberships.ts'
import { requireMasterOf } from './removals.ts'
import { targetsOf } from './targets.ts'

/** A mute without an end. */
const FOR_GOOD = new Date('9999-12-31T23:59:59.999Z')

type Targets = { roomId: string; targetUserIds: string[] }
type Fields = Partial<Pick<MemberDoc, 'master' | 'mutedUntil'>>

const presented = ({ master, mutedUntil }: Fields) => ({
  ...(master !== undefined && { master }),
  ...(mutedUntil !== undefined && { mutedUntil: mutedUntil?.toISOString() ?? null }),
})

/** What masters may do to members besides removing them. */
export class Moderation {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  async mute(userId: string, { minutes, ...targets }: Input<'muteUsers'>): Promise<void> {
    const mutedUntil = minutes === undefined ? FOR_GOOD : new Date(Date.now() + minutes * 60_000)
    await this.set(userId, targets, { mutedUntil }, () => true)
  }

  async unmute(userId: string, targets: Targets): Promise<void> {
    const isMuted = ({ mutedUntil }: MemberDoc) => mutedUntil != null && mutedUntil.getTime() > Date.now()
    await this.set(userId, targets, { mutedUntil: null }, isMuted)
  }

  /** One master always remains: the caller, who is never a target; a platform may not take the last one either. */
  async setMasters(userId: string, { master, ...targets }: Input<'setMasters'>): Promise<RoomDoc> {
    return this.set(userId, targets, { master }, (member) => member.master !== master)
  }

  async unban(userId: string, { roomId, targetUserIds }: Targets): Promise<void> {
    await this.parts.members.requireMaster(roomId, userId)
    const ids = [...new Set(targetUserIds)].map((id) => memberId(roomId, id))
    const banned = await this.parts.store.bans.find({ _id: { $in: ids } }).lean()
    const known = new Set(banned.map((ban) => ban.userId))
    const targets = targetsOf(userId, targetUserIds, (id) => known.has(id))
    await this.parts.store.bans.deleteMany({ _id: { $in: targets.map((id) => memberId(roomId, id)) } })
  }

  private async set(
    userId: string,
    { roomId, targetUserIds }: Targets,
    fields: Fields,
    applies: (member: MemberDoc) => boolean,
  ): Promise<RoomDoc> {
    const { room, told } = await this.parts.members.change(roomId, async (scene) => {
      requireMasterOf(scene, userId)
      const byId = new Map(scene.people.map((member) => [member.userId, member]))
      const isTarget = (id: string) => {
        const member = byId.get(id)
        return member !== undefined && applies(member)
      }
      const outcome = await this.write(scene, new Set(targetsOf(userId, targetUserIds, isTarget)), fields)
      if (!outcome.people.some((member) => member.master)) throw new Fault('WRONG_TARGET_USER_IDS')
      const data = { roomId, userIds: outcome.told.map((member) => member.userId), by: doer(userId) }
      return {
        ...outcome,
        happened: () => [{ type: 'member.updated', data: { ...data, ...presented(fields) } }],
      }
    })
    await this.parts.access.stands(roomId, told)
    this.parts.roomBroadcast.announce(roomId)
    return room
  }

  private async write({ people, session }: Scene, targets: Set<string>, fields: Fields) {
    const told = people
      .filter((member) => targets.has(member.userId))
      .map((member) => ({ ...member, ...fields }))
    const ids = told.map((member) => member._id)
    await this.parts.store.members.updateMany({ _id: { $in: ids } }, { $set: fields }, { session })
    return { people: people.map((member) => told.find(({ _id }) => _id === member._id) ?? member), told }
  }
}
