import type { Caller, Output, RoomEvents } from '@chat/contract'
import { AnswerCache, type Bus, confirm } from '@chat/service'

export type Access = Output<'roomAccess'>

type EndRemoved = (roomId: string, userIds: string[]) => Promise<void>

const MAX_ROOMS = 20_000
const FINISH_WITHIN_MS = 1_000

/**
 * Who may do what in which room: a small copy of what rooms knows, so that a message costs no question. A room's
 * `access` event drops it, and is confirmed once all that began before it has ended: nothing that was allowed before
 * happens after.
 */
export class AccessCache {
  private readonly bus: Bus
  private readonly rooms = new Map<string, AnswerCache<Access>>()
  private readonly running = new Map<string, Set<Promise<unknown>>>()
  private endRemoved: EndRemoved = async () => {}

  constructor(bus: Bus) {
    this.bus = bus
    bus.subscribe(bus.subjects.everyRoom('access'), (request) => {
      const { roomId, removed = [] } = request.json<RoomEvents['access']>()
      this.rooms.delete(roomId)
      const ended = removed.length > 0 ? this.endRemoved(roomId, removed) : null
      void Promise.allSettled([this.finished(roomId), ended]).then(() => confirm(bus, request))
    })
    // Events may have been missed.
    bus.onReconnect(() => this.rooms.clear())
  }

  /** Also ends what those who are removed have been given, before that is confirmed. */
  onRemoved(end: EndRemoved) {
    this.endRemoved = end
  }

  /** Does something that the caller's membership of a room allows. @throws ROOM_NO_EXISTS where they are not in it */
  during<T>(caller: Caller, roomId: string, work: (access: Access) => Promise<T>): Promise<T> {
    return this.duringAll(caller, [roomId], ([access]) => work(access as Access))
  }

  /** Likewise in several rooms, all of which they must be in. */
  duringAll<T>(caller: Caller, roomIds: string[], work: (accesses: Access[]) => Promise<T>): Promise<T> {
    const running = Promise.all(roomIds.map((roomId) => this.of(caller, roomId))).then(work)
    for (const roomId of roomIds) this.track(roomId, running)
    return running
  }

  private of(caller: Caller, roomId: string): Promise<Access> {
    let members = this.rooms.get(roomId)
    if (!members) {
      if (this.rooms.size >= MAX_ROOMS) this.rooms.clear()
      members = new AnswerCache()
      this.rooms.set(roomId, members)
    }
    return members.of(caller.userId, () =>
      this.bus.ask('roomAccess', caller, { roomId, userId: caller.userId }),
    )
  }

  private track(roomId: string, work: Promise<unknown>) {
    const running = this.running.get(roomId) ?? new Set()
    this.running.set(roomId, running)
    running.add(work)
    const ended = () => {
      running.delete(work)
      if (running.size === 0 && this.running.get(roomId) === running) this.running.delete(roomId)
    }
    work.then(ended, ended)
  }

  /** Resolves when what runs in the room has ended, or a second later. */
  private async finished(roomId: string) {
    const running = this.running.get(roomId)
    if (!running) return
    const waited = Promise.withResolvers<void>()
    const timer = setTimeout(waited.resolve, FINISH_WITHIN_MS)
    await Promise.race([Promise.allSettled(running), waited.promise])
    clearTimeout(timer)
  }
}
