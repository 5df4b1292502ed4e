import {
  type Message,
  messageAsSeenBy,
  type RoomEvents,
  roomEventName,
  type UserEvents,
} from '@chat/contract'
import type { ClientSocket, Clients, Session } from '../connection/session.ts'
import type { BlockedUsers } from './blocked-users.ts'

/** The socket.io room of the sockets that have a chat room open. */
export const socketRoom = (roomId: string) => `open:${roomId}`

function* socketsIn(clients: Clients, roomId: string): Generator<[ClientSocket, Session]> {
  for (const id of clients.adapter.rooms.get(socketRoom(roomId)) ?? []) {
    const socket = clients.sockets.get(id)
    if (socket?.data.session) yield [socket, socket.data.session]
  }
}

/** Emits a room's events to the sockets that have it open: encoded once for all, unless some see another version. */
export class Broadcast {
  private readonly clients: Clients
  private readonly blockedUsers: BlockedUsers

  constructor(clients: Clients, blockedUsers: BlockedUsers) {
    this.clients = clients
    this.blockedUsers = blockedUsers
  }

  message(event: 'listenMessage' | 'updateMessage', message: Message) {
    const { roomId, author, status } = message
    const name = roomEventName(event, roomId)
    if (!status.hidden && !this.blockedUsers.has(author.authorId))
      return void this.clients.to(socketRoom(roomId)).emit(name, message)
    for (const [socket, session] of socketsIn(this.clients, roomId))
      socket.emit(name, asSeenBy(message, session))
  }

  read(roomId: string, { isPrivate, ...read }: RoomEvents['read']) {
    const name = roomEventName('readMessage', roomId)
    if (!isPrivate) return void this.clients.to(socketRoom(roomId)).emit(name, read)
    for (const [socket, session] of socketsIn(this.clients, roomId))
      if (session.userId === read.userId || isMaster(session, roomId)) socket.emit(name, read)
  }

  /** The end of typing goes to `only`, who got its beginning. @returns the sockets that got it */
  typing(roomId: string, typing: RoomEvents['typing'], only?: ReadonlySet<ClientSocket>): Set<ClientSocket> {
    const reached = new Set<ClientSocket>()
    for (const [socket, session] of socketsIn(this.clients, roomId)) {
      const isReceiver = only ? only.has(socket) : !session.blocked.has(typing.userId)
      if (session.userId === typing.userId || !isReceiver) continue
      socket.emit(roomEventName('typing', roomId), typing)
      reached.add(socket)
    }
    return reached
  }

  /** How many sockets have the room open. */
  socketCount = (roomId: string): number => this.clients.adapter.rooms.get(socketRoom(roomId))?.size ?? 0

  /** The users who have the room open here. */
  usersIn(roomId: string): string[] {
    return [...new Set(socketsIn(this.clients, roomId).map(([, { userId }]) => userId))]
  }

  /** Emits once to each socket, however many rooms it shares with the user; in closed rooms to masters only. */
  presence({ turn: _, rooms, closedRooms, ...presence }: UserEvents['presence']) {
    const receivers = new Set<ClientSocket>()
    for (const roomId of rooms) for (const [socket] of socketsIn(this.clients, roomId)) receivers.add(socket)
    for (const roomId of closedRooms)
      for (const [socket, session] of socketsIn(this.clients, roomId))
        if (isMaster(session, roomId)) receivers.add(socket)
    for (const socket of receivers)
      if (socket.data.session?.userId !== presence.userId) socket.emit('presence', presence)
  }
}

const isMaster = ({ rooms }: Session, roomId: string) => rooms.get(roomId)?.member.master ?? false

export const asSeenBy = (message: Message, session: Session) =>
  messageAsSeenBy(message, { master: isMaster(session, message.roomId), blocked: session.blocked })
