import type { Socket } from 'node:net'
import type { Server } from 'socket.io'
import type { ClientSocket } from './session.ts'

/** What one turn of the event loop emits to a client goes out as one write: writes are a large part of the CPU time. */
export function coalesceWrites({ engine }: Server) {
  const corked = new Set<Socket>()
  const uncork = () => {
    for (const socket of corked) socket.uncork()
    corked.clear()
  }
  const cork = (socket: Socket) => {
    if (corked.has(socket)) return
    if (corked.size === 0) setImmediate(uncork)
    corked.add(socket)
    socket.cork()
  }
  engine.on('connection', (connection: ClientSocket['conn']) => {
    const { socket } = connection.request
    connection.on('packetCreate', () => cork(socket))
    // engine.io would hold back the next packets until the first is written, so that each turn had a second write.
    connection.on('drain', () => {
      connection.transport.writable = true
    })
  })
}
