import { Fault, type Input } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Memberships } from '../members/memberships.ts'

/** Who is typing: told, and kept nowhere. */
export class Typing {
  private readonly bus: Bus
  private readonly members: Memberships
  constructor({ bus, members }: { bus: Bus; members: Memberships }) {
    this.bus = bus
    this.members = members
  }

  /** @throws ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED, TYPING_ONLY_IN_ONE_TO_ONE, USER_IS_MUTED */
  async show(userId: string, { roomId, isTyping }: Input<'typing'>): Promise<void> {
    const { room, member } = await this.members.require(roomId, userId)
    if (room.rules.isFreezed) throw new Fault('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
    if (room.memberCount !== 2) throw new Fault('TYPING_ONLY_IN_ONE_TO_ONE')
    if (member.mutedUntil && member.mutedUntil.getTime() > Date.now()) throw new Fault('USER_IS_MUTED')
    this.bus.publishRoom(roomId, 'typing', { userId, isTyping })
  }
}
