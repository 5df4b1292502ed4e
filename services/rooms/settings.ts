import { Fault, type Input } from '@chat/contract'
import { claimKey } from './claims.ts'
import type { Parts } from './parts.ts'
import type { RoomDoc } from './store.ts'

/** A room's name, picture and rules. */
export class Settings {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** A partial `rules` changes only what it names. @throws USER_IS_NOT_MASTER, ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED */
  async update(userId: string, { roomId, updateData }: Input<'updateRoomSetting'>): Promise<RoomDoc> {
    const { room, member } = await this.parts.members.require(roomId, userId)
    if (!member.master) throw new Fault('USER_IS_NOT_MASTER')
    const unfreezes = updateData.rules?.isFreezed === false
    if (room.rules.isFreezed && !unfreezes) throw new Fault('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
    const { rules, ...fields } = updateData
    const changes: Record<string, unknown> = { ...fields, updatedAt: new Date() }
    for (const [rule, value] of Object.entries(rules ?? {})) changes[`rules.${rule}`] = value
    const updated = await this.parts.store.rooms
      .findOneAndUpdate({ _id: roomId }, { $set: changes }, { returnDocument: 'after' })
      .lean()
    if (!updated) throw new Fault('ROOM_NO_EXISTS')
    if (room.rules.isFreezed !== updated.rules.isFreezed) await this.moveClaim(updated)
    this.parts.bus.publishRoom(roomId, 'access', {})
    this.parts.announcing.announce(roomId)
    return updated
  }

  /** A frozen room makes way for a new one; an unfrozen one takes its claim back if nobody has it. */
  private async moveClaim(room: RoomDoc) {
    if (!room.link || room.roomType !== 'GROUP') return
    const key = claimKey(room.link.sid, await this.parts.members.idsOf(room._id))
    if (room.rules.isFreezed) await this.parts.claims.release(key, room._id)
    else await this.parts.claims.take(key, room._id)
  }
}
