import { TurnWrites } from '@chat/service'
import type { Server } from 'socket.io'
import type { ClientSocket } from './session.ts'

/** What one turn of the event loop emits to a client goes out as one write: writes are a large part of the CPU time. */
export function coalesceWrites({ engine }: Server) {
  const writes = new TurnWrites()
  engine.on('connection', (connection: ClientSocket['conn']) => {
    const { socket } = connection.request
    connection.on('packetCreate', () => writes.hold(socket))
    // engine.io would hold back the next packets until the first is written, so that each turn had a second write.
    connection.on('drain', () => {
      connection.transport.writable = true
    })
  })
}
