import { type Message, messageAsSeenBy, type RoomEvents, roomEventName } from '@chat/contract'
import type { Namespace, Socket } from 'socket.io'
import { sessionOf } from './dispatch.ts'
import { openRoom } from './names.ts'
import type { Session } from './session.ts'

type Blocks = { isBlocked: (userId: string) => boolean }

/** Events of a room to the sockets that have it open: written once for all, except where they are not to see the same. */
export class Broadcast {
  private readonly clients: Namespace
  private readonly blocks: Blocks
  constructor(clients: Namespace, blocks: Blocks) {
    this.clients = clients
    this.blocks = blocks
  }

  message(event: 'listenMessage' | 'updateMessage', message: Message) {
    const { roomId, author, status } = message
    const name = roomEventName(event, roomId)
    const isSameForAll = !status.hidden && !this.blocks.isBlocked(author.authorId)
    if (isSameForAll) return void this.clients.to(openRoom(roomId)).emit(name, message)
    for (const [socket, session] of this.listeners(roomId)) socket.emit(name, asSeenBy(message, session))
  }

  read(roomId: string, { isPrivate, ...read }: RoomEvents['read']) {
    const name = roomEventName('readMessage', roomId)
    if (!isPrivate) return void this.clients.to(openRoom(roomId)).emit(name, read)
    for (const [socket, session] of this.listeners(roomId)) {
      const isTold = session.userId === read.userId || session.rooms.get(roomId)?.member.master
      if (isTold) socket.emit(name, read)
    }
  }

  private *listeners(roomId: string): Iterable<[Socket, Session]> {
    for (const id of this.clients.adapter.rooms.get(openRoom(roomId)) ?? []) {
      const socket = this.clients.sockets.get(id)
      const session = socket && sessionOf(socket)?.session
      if (session) yield [socket, session]
    }
  }
}

export const asSeenBy = (message: Message, session: Session) =>
  messageAsSeenBy(message, {
    master: session.rooms.get(message.roomId)?.member.master ?? false,
    blocked: session.blocked,
  })
