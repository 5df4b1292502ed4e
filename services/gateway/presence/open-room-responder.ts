import { type Bus, encode } from '@chat/service'
import type { Msg, Subscription } from '@nats-io/transport-node'
import type { Namespace } from 'socket.io'
import { openRoom } from '../delivery/socket-rooms.ts'
import { sessionOf } from '../requests/dispatch.ts'

type Asked = { subscription: Subscription; sockets: number }

/** Answers who has a room open here. Where nobody does, nothing is subscribed: then the bus itself says so, at once. */
export class OpenRoomResponder {
  private readonly bus: Bus
  private readonly clients: Namespace
  private readonly asked = new Map<string, Asked>()
  constructor(bus: Bus, clients: Namespace) {
    this.bus = bus
    this.clients = clients
  }

  /** One more socket has it open. */
  open(roomId: string) {
    const known = this.asked.get(roomId)
    if (known) known.sockets += 1
    else this.asked.set(roomId, { subscription: this.subscribe(roomId), sockets: 1 })
  }

  close(roomId: string) {
    const known = this.asked.get(roomId)
    if (!known) return
    known.sockets -= 1
    if (known.sockets > 0) return
    known.subscription.unsubscribe()
    this.asked.delete(roomId)
  }

  private subscribe(roomId: string): Subscription {
    return this.bus.subscribe(this.bus.subjects.roomPresence(roomId), (question: Msg) =>
      question.respond(encode(this.usersIn(roomId))),
    )
  }

  private usersIn(roomId: string): string[] {
    const ids = [...(this.clients.adapter.rooms.get(openRoom(roomId)) ?? [])]
    const sockets = ids.flatMap((id) => this.clients.sockets.get(id) ?? [])
    return [...new Set(sockets.flatMap((socket) => sessionOf(socket)?.session.userId ?? []))]
  }
}
