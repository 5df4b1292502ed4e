import { type Bus, encode } from '@chat/service'
import type { Subscription } from '@nats-io/transport-node'
import type { Clients } from '../connection/session.ts'
import { socketsIn } from '../delivery/broadcast.ts'

type OpenRoom = { subscription: Subscription; sockets: number }

/** Answers who has a room open here. For a room that nobody has open, NATS answers at once that nobody responds. */
export class OpenRoomResponder {
  private readonly bus: Bus
  private readonly clients: Clients
  private readonly rooms = new Map<string, OpenRoom>()

  constructor(bus: Bus, clients: Clients) {
    this.bus = bus
    this.clients = clients
  }

  /** Call it once for each socket that opens the room. */
  open(roomId: string) {
    const room = this.rooms.get(roomId)
    if (room) room.sockets += 1
    else this.rooms.set(roomId, { subscription: this.subscribe(roomId), sockets: 1 })
  }

  close(roomId: string) {
    const room = this.rooms.get(roomId)
    if (!room) return
    room.sockets -= 1
    if (room.sockets > 0) return
    room.subscription.unsubscribe()
    this.rooms.delete(roomId)
  }

  private subscribe(roomId: string): Subscription {
    return this.bus.subscribe(this.bus.subjects.roomPresence(roomId), (request) => {
      const userIds = socketsIn(this.clients, roomId).map(([, { userId }]) => userId)
      request.respond(encode([...new Set(userIds)]))
    })
  }
}
