import { Fault, type Input } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Members } from './members.ts'
import type { Store } from './store.ts'

/** Whether a member wants to be told of a room by push. */
export class Alarms {
  private readonly store: Store
  private readonly bus: Bus
  private readonly members: Members
  constructor({ store, bus, members }: { store: Store; bus: Bus; members: Members }) {
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
