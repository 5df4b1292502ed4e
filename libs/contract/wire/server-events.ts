import { type Static, type TSchema, Type } from 'typebox'
import { Message, Presence, Room } from '../schemas/entities.ts'
import { MessageId, RoomId, Seq, UserId } from '../schemas/ids.ts'
import { Text, Timestamp } from '../schemas/values.ts'

export type ServerEventRow = { summary: string; payload: TSchema }
type Payloads<Table extends Record<string, ServerEventRow>> = {
  [K in keyof Table]: Static<Table[K]['payload']>
}

export const serverEvents = {
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
    summary: 'Your export is ready; the link works until `expiresAt`',
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
} satisfies Record<string, ServerEventRow>
export type ServerEvents = Payloads<typeof serverEvents>

/** Their names end in `_<roomId>`. Sockets that have the room open hear them. */
export const roomServerEvents = {
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
} satisfies Record<string, ServerEventRow>
export type RoomServerEvents = Payloads<typeof roomServerEvents>

export const roomEventName = (event: keyof RoomServerEvents, roomId: string) => `${event}_${roomId}`

/** Their names end in `_<syncKey>`. */
export const uploadServerEvents = {
  progress: {
    summary: 'How much of a file has come, in percent; on the uploading socket',
    payload: Type.Number({ minimum: 0, maximum: 100 }),
  },
} satisfies Record<string, ServerEventRow>
