import { Fault, type Input } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { RoomStore } from '../store/store.ts'
import type { Memberships } from './memberships.ts'

/** Whether a member wants to be told of a room by push. */
export class Alarms {
  private readonly store: RoomStore
  private readonly bus: Bus
  private readonly members: Memberships
  constructor({ store, bus, members }: { store: RoomStore; bus: Bus; members: Memberships }) {
    this.store = store
    this.bus = bus
    this.members = members
  }

  /** Without `alarmOn` the other way round. @returns how it is now */
  async set(userId: string, { roomId, alarmOn }: Input<'roomAlarmTurnOnOff'>): Promise<boolean> {
    const { member } = await this.members.require(roomId, userId)
    const changed = await this.store.members.collection.findOneAndUpdate(
      { _id: member._id as never },
      [{ $set: { alarmOn: alarmOn ?? { $not: ['$alarmOn'] } } }],
      { returnDocument: 'after' },
    )
    if (!changed) throw new Fault('ROOM_NO_EXISTS')
    this.bus.publishUser(userId, 'alarm', { roomId, alarmOn: changed.alarmOn })
    return changed.alarmOn
  }
}
