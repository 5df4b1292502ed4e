import { type TSchema, Type } from 'typebox'
import { Message, Presence, Room } from '../schemas/entities.ts'
import { MessageId, RoomId, Seq, Text, Timestamp, UserId } from '../schemas/values.ts'
import type { RoomServerEvents, ServerEvents } from './client-events.ts'

/** What clients hear, for documents. */
type Heard = { summary: string; payload: TSchema }

/** Total: an event that is told and not documented does not compile. */
export const serverEvents: Record<keyof ServerEvents, Heard> = {
  tokenExpired: {
    summary: 'The token has expired or was revoked; the socket is closed after this',
    payload: Type.Object({ userId: UserId }),
  },
  listenRoom: {
    summary: 'A room was made, people joined or left, or settings changed; `removed`: you are in it no more',
    payload: Room,
  },
  updateRoomLastMessage: {
    summary: 'A room has something new, with your own unread count',
    payload: Room,
  },
  exportReady: {
    summary: 'What you have exported can be had there until then',
    payload: Type.Object({ exportId: Text(1, 64), url: Type.String(), expiresAt: Timestamp }),
  },
  mention: {
    summary: 'A message mentions you, also in a room that is closed',
    payload: Type.Object({ roomId: RoomId, message: Message }),
  },
  presence: {
    summary: 'Somebody who is in an open room with you has come or gone',
    payload: Presence,
  },
}

/** Those whose name ends in `_<roomId>`, for sockets that have the room open. */
export const roomServerEvents: Record<keyof RoomServerEvents, Heard> = {
  listenMessage: { summary: 'A new message, in `seq` order, each once', payload: Message },
  updateMessage: {
    summary: 'A message was edited, deleted, hidden or shown, or a card answered',
    payload: Message,
  },
  readMessage: {
    summary: 'Somebody has read further',
    payload: Type.Object({ userId: UserId, lastReadMessageId: MessageId, fromSeq: Seq, seq: Seq }),
  },
  typing: {
    summary: 'The other member of a room of two is typing, or has stopped',
    payload: Type.Object({ userId: UserId, isTyping: Type.Boolean() }),
  },
}

/** Those of an upload, whose name ends in `_<syncKey>`. */
export const uploadServerEvents: Record<'progress', Heard> = {
  progress: {
    summary: 'How much of a file has come, in percent; on the uploading socket',
    payload: Type.Number({ minimum: 0, maximum: 100 }),
  },
}
