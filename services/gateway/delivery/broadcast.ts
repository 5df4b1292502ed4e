import {
  type Message,
  messageAsSeenBy,
  type RoomEvents,
  roomEventName,
  type UserEvents,
} from '@chat/contract'
import type { Namespace, Socket } from 'socket.io'
import type { Session } from '../connection/session.ts'
import { sessionOf } from '../requests/dispatch.ts'
import { openRoom } from './socket-rooms.ts'

type BlockCache = { isBlocked: (userId: string) => boolean }

/** Events of a room to the sockets that have it open: written once for all, except where they are not to see the same. */
export class Broadcast {
  private readonly clients: Namespace
  private readonly blocks: BlockCache
  constructor(clients: Namespace, blocks: BlockCache) {
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

  /**
   * To those whom the typist may reach, or for the end of it to those who were told of its beginning.
   * @returns who was told
   */
  typing(roomId: string, typing: RoomEvents['typing'], only?: ReadonlySet<Socket>): Set<Socket> {
    const told = new Set<Socket>()
    for (const [socket, session] of this.listeners(roomId)) {
      const isReached = only ? only.has(socket) : !session.blocked.has(typing.userId)
      if (session.userId === typing.userId || !isReached) continue
      socket.emit(roomEventName('typing', roomId), typing)
      told.add(socket)
    }
    return told
  }

  /** Once to each socket, however many rooms it shares with them. */
  presence({ turn: _, rooms, closedRooms, ...presence }: UserEvents['presence']) {
    const told = new Set<Socket>()
    const tell = (socket: Socket, session: Session) => {
      if (session.userId === presence.userId || told.has(socket)) return
      told.add(socket)
      socket.emit('presence', presence)
    }
    for (const roomId of rooms) for (const [socket, session] of this.listeners(roomId)) tell(socket, session)
    for (const roomId of closedRooms)
      for (const [socket, session] of this.listeners(roomId))
        if (session.rooms.get(roomId)?.member.master) tell(socket, session)
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
