import type { Caller, Output } from '@chat/contract'
import type { Bus } from '@chat/service'

type Access = Output<'roomAccess'>
type Entry = { access: Promise<Access>; at: number }

const MAX_AGE_MS = 30_000
const MAX_ROOMS = 20_000

/**
 * Who may do what in which room: a small copy of what rooms knows, so that a message costs no question. A room's
 * `access` event drops it, answers still on their way included, since their entry is no longer looked at.
 */
export class AccessCache {
  private readonly bus: Bus
  private readonly rooms = new Map<string, Map<string, Entry>>()

  constructor(bus: Bus) {
    this.bus = bus
    bus.subscribe(bus.subjects.everyRoom('access'), (event) => this.forget(event.subject))
    // Events may have been missed.
    bus.onReconnect(() => this.rooms.clear())
  }

  /** @throws ROOM_NO_EXISTS where the user is not in the room */
  async of(caller: Caller, roomId: string): Promise<Access> {
    const key = this.bus.subjects.roomEvent(roomId, 'access')
    const members = this.rooms.get(key) ?? new Map<string, Entry>()
    this.rooms.set(key, members)
    const known = members.get(caller.userId)
    if (known && performance.now() - known.at < MAX_AGE_MS) return known.access
    return this.fill(caller, roomId, members)
  }

  private fill(caller: Caller, roomId: string, members: Map<string, Entry>): Promise<Access> {
    if (this.rooms.size > MAX_ROOMS) this.rooms.clear()
    const access = this.bus.ask('roomAccess', caller, { roomId, userId: caller.userId })
    const entry = { access, at: performance.now() }
    members.set(caller.userId, entry)
    access.catch(() => {
      if (members.get(caller.userId) === entry) members.delete(caller.userId)
    })
    return access
  }

  private forget(subject: string) {
    this.rooms.delete(subject)
  }
}
