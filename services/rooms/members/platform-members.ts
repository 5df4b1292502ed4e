import { Fault, type Input, type Output } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { presentMember } from '../room/presenter.ts'
import { type MemberDoc, memberId } from '../store/documents.ts'
import type { Moderation } from './moderation.ts'
import type { Removals } from './removals.ts'
import { PLATFORM } from './targets.ts'

type Place = { roomId: string; userId: string }
type Standing = Output<'getMember'>

/** How single people stand in a room, as a platform sees and changes it. */
export class PlatformMembers {
  private readonly parts: Parts
  private readonly moderation: Moderation
  private readonly removals: Removals
  constructor(parts: Parts, moderation: Moderation, removals: Removals) {
    this.parts = parts
    this.moderation = moderation
    this.removals = removals
  }

  /** @throws ROOM_NO_EXISTS, USER_NO_EXISTS for somebody neither in the room nor kept out of it */
  async get({ roomId, userId }: Place): Promise<Standing> {
    const { store, directory } = this.parts
    await this.parts.members.requireRoom(roomId)
    const _id = memberId(roomId, userId)
    const [member, ban] = await Promise.all([
      store.members.findById(_id).lean(),
      store.bans.findById(_id).lean(),
    ])
    if (!member && !ban) throw new Fault('USER_NO_EXISTS')
    const users = await directory.profiles([userId])
    return { member: member && presentMember(member, users.get(userId)), banned: ban !== null }
  }

  /** What is so already stays so. @throws WRONG_TARGET_USER_IDS for the last master, who remains one */
  async update({ master, muted, minutes, banned, ...place }: Input<'updateMember'>): Promise<Standing> {
    const { roomId, userId } = place
    await this.parts.members.requireRoom(roomId)
    const targets = { roomId, targetUserIds: [userId] }
    if (master !== undefined || muted !== undefined) {
      const member = await this.member(place)
      if (master !== undefined && master !== member.master)
        await this.moderation.setMasters(PLATFORM, { ...targets, master })
      if (muted === true)
        await this.moderation.mute(PLATFORM, { ...targets, ...(minutes !== undefined && { minutes }) })
      if (muted === false && isMuted(member)) await this.moderation.unmute(PLATFORM, targets)
    }
    if (banned === true) await this.removals.ban(place)
    if (banned === false) await this.parts.store.bans.deleteOne({ _id: memberId(roomId, userId) })
    return banned === false ? this.get(place).catch(asAbsent) : this.get(place)
  }

  /** @throws ROOM_NO_EXISTS, USER_NO_EXISTS */
  async remove(place: Place): Promise<void> {
    await this.parts.members.requireRoom(place.roomId)
    await this.member(place)
    await this.removals.expel(place)
  }

  private async member({ roomId, userId }: Place): Promise<MemberDoc> {
    const member = await this.parts.store.members.findById(memberId(roomId, userId)).lean()
    if (!member) throw new Fault('USER_NO_EXISTS')
    return member
  }
}

const isMuted = ({ mutedUntil }: MemberDoc) => mutedUntil != null && mutedUntil.getTime() > Date.now()

/** One who was let back is not in the room yet. */
function asAbsent(error: unknown): Standing {
  if (error instanceof Fault && error.code === 'USER_NO_EXISTS') return { member: null, banned: false }
  throw error
}
