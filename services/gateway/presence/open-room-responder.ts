import { type Bus, encode } from '@chat/service'
import type { Msg, Subscription } from '@nats-io/transport-node'
import type { Clients } from '../connection/session.ts'
import { socketsIn } from '../delivery/broadcast.ts'

type OpenRoom = { subscription: Subscription; sockets: number }

/**
 * Answers who has a room open on this gateway. A room that nobody has open is not subscribed: NATS then answers at once
 * that there is no responder.
 */
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
    return this.bus.subscribe(this.bus.subjects.roomPresence(roomId), (request: Msg) => {
      const userIds = new Set<string>()
      for (const [, session] of socketsIn(this.clients, roomId)) userIds.add(session.userId)
      request.respond(encode([...userIds]))
    })
  }
}
