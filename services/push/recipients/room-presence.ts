import type { Bus } from '@chat/service'

/** Who has a room open, asked of all edges at once. An edge that is dead answers nothing: there is nothing to go stale. */
export class RoomPresence {
  private readonly bus: Bus
  private readonly waitMs: number
  constructor(bus: Bus, waitMs: number) {
    this.bus = bus
    this.waitMs = waitMs
  }

  /** Of each room the users who have it open; rooms that nobody has open are left out. */
  async inRooms(roomIds: string[]): Promise<Map<string, Set<string>>> {
    const users = new Map<string, Set<string>>()
    const done = Promise.withResolvers<void>()
    const inbox = this.bus.openInbox()
    const awaited = new Set(roomIds.keys())
    const replies = this.bus.subscribe(`${inbox}.*`, (reply) => {
      const index = Number(reply.subject.slice(inbox.length + 1))
      const roomId = roomIds[index] as string
      // Where no edge has the room open the server says so at once, with no data.
      if (reply.data.length === 0) awaited.delete(index)
      else users.set(roomId, new Set([...(users.get(roomId) ?? []), ...reply.json<string[]>()]))
      if (awaited.size === 0) done.resolve()
    })
    for (const [index, roomId] of roomIds.entries()) {
      const subject = this.bus.subjects.roomPresence(roomId)
      this.bus.connection.publish(subject, '', { reply: `${inbox}.${index}` })
    }
    const timer = setTimeout(done.resolve, this.waitMs)
    if (awaited.size > 0) await done.promise
    clearTimeout(timer)
    replies.unsubscribe()
    return users
  }
}
