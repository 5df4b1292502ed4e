import type { RoomEvents, Standing } from '@chat/contract'
import type { Bus, ConfirmedBroadcast } from '@chat/service'
import { presentRoom } from '../room/presenter.ts'
import type { MemberDoc, RoomDoc } from '../store/documents.ts'

/** What others have become, as caches of it need it. */
export const standingOf = ({ userId, master, mutedUntil }: MemberDoc): Standing => ({
  _id: userId,
  master,
  ...(mutedUntil && { mutedUntil: mutedUntil.toISOString() }),
})

/** Tells everybody who keeps a copy of who may do what, and waits until they have let go of it. */
export class AccessEvents {
  private readonly bus: Bus
  private readonly roll: ConfirmedBroadcast
  constructor(bus: Bus, roll: ConfirmedBroadcast) {
    this.bus = bus
    this.roll = roll
  }

  /** Members have come, or what all of them may do has changed. */
  changed(roomId: string): Promise<void> {
    return this.tell({ roomId })
  }

  stands(roomId: string, members: MemberDoc[]): Promise<void> {
    return this.tell({ roomId, standing: members.map(standingOf) })
  }

  /** Once this resolves nobody of them hears, reads or writes the room, and they have been shown it a last time. */
  removed(room: RoomDoc, userIds: string[], standing: MemberDoc[] = []): Promise<void> {
    const last = { ...presentRoom({ ...room, lastMessage: null, announcement: null }, []), removed: true }
    return this.tell({ roomId: room._id, removed: userIds, room: last, standing: standing.map(standingOf) })
  }

  private tell(event: RoomEvents['access']): Promise<void> {
    return this.roll.tell(this.bus.subjects.roomEvent(event.roomId, 'access'), event)
  }
}
