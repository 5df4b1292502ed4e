import { type TSchema, Type } from 'typebox'
import { Message, Room } from './entities.ts'
import type { RoomServerEvents, ServerEvents } from './events.ts'
import { MessageId, Seq, UserId } from './values.ts'

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
}

/** Those of an upload, whose name ends in `_<syncKey>`. */
export const uploadServerEvents: Record<'progress', Heard> = {
  progress: {
    summary: 'How much of a file has come, in percent; on the uploading socket',
    payload: Type.Number({ minimum: 0, maximum: 100 }),
  },
}
