import type { Message, Presence, Room } from '../schemas/entities.ts'

/** What clients hear, by event name without its `_<roomId>` part. */
export type ServerEvents = {
  tokenExpired: { userId: string }
  listenRoom: Room
  updateRoomLastMessage: Room
  /** What they have asked for can be had there until then. */
  exportReady: { exportId: string; url: string; expiresAt: string }
  mention: { roomId: string; message: Message }
  presence: Presence
}
export type RoomServerEvents = {
  listenMessage: Message
  updateMessage: Message
  readMessage: { userId: string; lastReadMessageId: string; fromSeq: number; seq: number }
  typing: { userId: string; isTyping: boolean }
}

/** The name of a client event that belongs to one room. */
export const roomEventName = (event: keyof RoomServerEvents, roomId: string) => `${event}_${roomId}`
