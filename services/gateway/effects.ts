import { type Message, roomEventName } from '@chat/contract'
import type { Socket } from 'socket.io'
import type { Delivery, Listener } from './delivery.ts'
import { type Effects, sessionOf } from './dispatch.ts'
import { openRoom } from './names.ts'
import type { Sessions } from './sessions.ts'

type Rooms = { delivery: Delivery; sessions: Sessions }

/** The chat rooms that a socket has open. */
export class OpenRooms {
  private readonly delivery: Delivery
  private readonly sessions: Sessions
  private readonly socket: Socket
  private readonly listener: Listener
  private readonly roomIds = new Set<string>()

  constructor({ delivery, sessions }: Rooms, socket: Socket) {
    this.delivery = delivery
    this.sessions = sessions
    this.socket = socket
    this.listener = {
      deliver: (message: Message) => socket.emit(roomEventName('listenMessage', message.roomId), message),
    }
  }

  async open(roomId: string, lastSeq: number) {
    const session = sessionOf(this.socket)?.session
    const isNew = session !== undefined && !session.rooms.has(roomId)
    if (isNew) await this.sessions.join(session, roomId).catch((error) => this.giveUp(roomId, error))
    await this.delivery.open(roomId, this.listener, lastSeq, () => this.socket.join(openRoom(roomId)))
    this.roomIds.add(roomId)
    // What was published before the room was heard here is fetched.
    if (isNew) this.delivery.catchUpAll([roomId])
    if (!this.socket.connected) this.close(roomId)
  }

  private giveUp(roomId: string, error: unknown): never {
    this.delivery.giveUp(roomId)
    throw error
  }

  close(roomId: string) {
    if (!this.roomIds.delete(roomId)) return
    void this.socket.leave(openRoom(roomId))
    this.delivery.close(roomId, this.listener)
  }

  closeAll() {
    for (const roomId of this.roomIds) this.close(roomId)
  }
}

const openRoomsOf = (socket: Socket) => (socket.data as { openRooms: OpenRooms }).openRooms

/** The few operations that mean something for the socket itself. */
export const effectsOf = ({ delivery }: Rooms): Effects => ({
  joinRoom: {
    before: async (_socket, input) => {
      if (typeof input === 'string') delivery.begin(input)
    },
    succeeded: (socket, input, { lastSeq }) => openRoomsOf(socket).open(input as string, lastSeq),
    failed: async (_socket, input) => {
      if (typeof input === 'string') delivery.giveUp(input)
    },
  },
  leaveRoom: {
    succeeded: async (socket, input) => openRoomsOf(socket).close(input as string),
  },
  sendMessage: {
    // The author's own count is right at once after the ack, wherever it is asked next.
    succeeded: async (socket, _input, { message }) =>
      sessionOf(socket)?.session.noteSent(message.roomId, message.seq),
  },
})
