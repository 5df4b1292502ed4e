import type { Message, Room } from './entities.ts'

/** Events of a room on the bus: `chat.event.room.<room>.<kind>`. */
export type RoomEvents = {
  /** A new message; kept in the stream. */
  message: Message
  /** What new messages changed in the room: the last one, and how far their authors have read by sending them. */
  news: { lastSeq: number; lastMessage: Message; cursors: [userId: string, seq: number][] }
  /** The room as it is now, without anything personal, after members or settings have changed. */
  update: Room
  /** Who may do what in the room has changed: drop what is cached. */
  access: Record<string, never>
  /** A member's cursor has moved. */
  read: { userId: string; lastReadMessageId: string; fromSeq: number; seq: number }
}

/** Events of a user on the bus: `chat.event.user.<user>.<kind>`. */
export type UserEvents = {
  /** They have become a member of a room. */
  joined: { roomId: string }
  /** Their own cursor has moved, by reading or by sending. */
  cursor: { roomId: string; readSeq: number; by: 'read' | 'send' }
}

/** What clients hear, by event name without its `_<roomId>` part. */
export type ServerEvents = {
  tokenExpired: { userId: string }
  listenRoom: Room
  updateRoomLastMessage: Room
}
export type RoomServerEvents = {
  listenMessage: Message
  readMessage: { userId: string; lastReadMessageId: string; fromSeq: number; seq: number }
}

/** The name of a client event that belongs to one room. */
export const roomEventName = (event: keyof RoomServerEvents, roomId: string) => `${event}_${roomId}`
