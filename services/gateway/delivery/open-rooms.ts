import { Fault, type Message, roomEventName } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { ClientSocket, Session } from '../connection/session.ts'
import { joinRoom } from '../connection/session-rooms.ts'
import { asSeenBy, socketRoom } from './broadcast.ts'
import type { MessageDelivery, RoomEnd } from './message-delivery.ts'
import type { RoomUpdates } from './room-updates.ts'

type Parts = { bus: Bus; delivery: MessageDelivery; updates: RoomUpdates }

/** The chat rooms that one socket has open. */
export class OpenRooms {
  private readonly parts: Parts
  private readonly socket: ClientSocket
  private readonly session: Session
  private readonly roomIds = new Set<string>()

  constructor(parts: Parts, socket: ClientSocket, session: Session) {
    this.parts = parts
    this.socket = socket
    this.session = session
  }

  /** Ends what `delivery.beginOpening` began. @throws ROOM_NO_EXISTS where the membership ended meanwhile */
  async open(roomId: string, end: RoomEnd) {
    const { delivery } = this.parts
    const isNew = !this.session.rooms.has(roomId)
    if (isNew)
      await joinRoom(this.parts, this.session, roomId).catch((error) => {
        delivery.cancelOpening(roomId)
        throw error
      })
    await delivery.open(roomId, this.deliver, end, () => {
      if (!this.session.rooms.has(roomId)) throw new Fault('ROOM_NO_EXISTS')
      void this.socket.join(socketRoom(roomId))
      this.roomIds.add(roomId)
    })
    // Fetches what was published before this gateway subscribed to the room.
    if (isNew) delivery.catchUp([roomId])
    if (!this.socket.connected) this.close(roomId)
  }

  close(roomId: string) {
    if (!this.roomIds.delete(roomId)) return
    void this.socket.leave(socketRoom(roomId))
    this.parts.delivery.close(roomId, this.deliver)
  }

  closeAll() {
    for (const roomId of this.roomIds) this.close(roomId)
  }

  private readonly deliver = (message: Message) => {
    if (this.session.rooms.has(message.roomId))
      this.socket.emit(roomEventName('listenMessage', message.roomId), asSeenBy(message, this.session))
  }
}
