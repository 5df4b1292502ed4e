import { Fault, type Message, roomEventName } from '@chat/contract'
import type { Socket } from 'socket.io'
import type { Sessions } from '../connection/sessions.ts'
import { asSeenBy } from '../delivery/broadcast.ts'
import type { Listener, MessageDelivery, RoomEnd } from '../delivery/message-delivery.ts'
import { openRoom } from '../delivery/socket-rooms.ts'
import type { OpenRoomResponder } from '../presence/open-room-responder.ts'
import { type Effects, sessionOf } from './dispatch.ts'

type Rooms = { delivery: MessageDelivery; sessions: Sessions }
type Parts = Rooms & { answers: OpenRoomResponder }

/** The chat rooms that a socket has open. */
export class OpenRooms {
  private readonly delivery: MessageDelivery
  private readonly sessions: Sessions
  private readonly answers: OpenRoomResponder
  private readonly socket: Socket
  private readonly listener: Listener
  private readonly roomIds = new Set<string>()

  constructor({ delivery, sessions, answers }: Parts, socket: Socket) {
    this.delivery = delivery
    this.sessions = sessions
    this.answers = answers
    this.socket = socket
    this.listener = { deliver: (message: Message) => this.deliver(message) }
  }

  /** @throws ROOM_NO_EXISTS where the membership ended while the room was being opened */
  async open(roomId: string, end: RoomEnd) {
    const session = sessionOf(this.socket)?.session
    const isNew = session !== undefined && !session.rooms.has(roomId)
    if (isNew) await this.sessions.join(session, roomId).catch((error) => this.giveUp(roomId, error))
    await this.delivery.open(roomId, this.listener, end, () => {
      if (!session?.rooms.has(roomId)) throw new Fault('ROOM_NO_EXISTS')
      void this.socket.join(openRoom(roomId))
      if (!this.roomIds.has(roomId)) this.answers.open(roomId)
      this.roomIds.add(roomId)
    })
    // What was published before the room was heard here is fetched.
    if (isNew) this.delivery.catchUp([roomId])
    if (!this.socket.connected) this.close(roomId)
  }

  private deliver(message: Message) {
    const session = sessionOf(this.socket)?.session
    if (session?.rooms.has(message.roomId))
      this.socket.emit(roomEventName('listenMessage', message.roomId), asSeenBy(message, session))
  }

  private giveUp(roomId: string, error: unknown): never {
    this.delivery.cancelOpening(roomId)
    throw error
  }

  close(roomId: string) {
    if (!this.roomIds.delete(roomId)) return
    void this.socket.leave(openRoom(roomId))
    this.answers.close(roomId)
    this.delivery.close(roomId, this.listener)
  }

  closeAll() {
    for (const roomId of this.roomIds) this.close(roomId)
  }
}

/** Undefined for a socket that is still being let in. */
export const openRoomsOf = (socket: Socket) => (socket.data as { openRooms?: OpenRooms }).openRooms

/** The author's own count is right at once after the ack, wherever it is asked next. */
const noteSent = (socket: Socket, messages: Message[]) => {
  for (const { roomId, seq } of messages) sessionOf(socket)?.session.noteSent(roomId, seq)
}

/** The few operations that mean something for the socket itself. */
export const effectsOf = ({ delivery }: Rooms): Effects => ({
  joinRoom: {
    before: async (_socket, input) => {
      if (typeof input === 'string') delivery.beginOpening(input)
    },
    succeeded: async (socket, input, end) => openRoomsOf(socket)?.open(input as string, end),
    failed: async (_socket, input) => {
      if (typeof input === 'string') delivery.cancelOpening(input)
    },
  },
  leaveRoom: {
    succeeded: async (socket, input) => openRoomsOf(socket)?.close(input as string),
  },
  sendMessage: {
    succeeded: async (socket, _input, { message }) => noteSent(socket, [message]),
  },
  sendFileMessage: {
    succeeded: async (socket, input, { progress, message }) => {
      socket.emit(`progress_${(input as { syncKey: string }).syncKey}`, progress)
      if (message) noteSent(socket, [message])
    },
  },
  completeUpload: {
    succeeded: async (socket, _input, { message }) => noteSent(socket, [message]),
  },
  shareMessage: {
    succeeded: async (socket, _input, { messages }) => noteSent(socket, messages),
  },
})
