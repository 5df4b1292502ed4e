import type { Socket } from 'node:net'

/** Holds what is written to sockets until the turn of the event loop ends: it goes out as one write to each. */
export class TurnWrites {
  private readonly held = new Set<Socket>()

  /** Call it before the first write of a turn, or before each. */
  hold(socket: Socket) {
    if (this.held.has(socket)) return
    if (this.held.size === 0) setImmediate(() => this.release())
    this.held.add(socket)
    socket.cork()
  }

  private release() {
    for (const socket of this.held) socket.uncork()
    this.held.clear()
  }
}
