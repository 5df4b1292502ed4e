import { Type } from 'typebox'
import { Message } from '../../schemas/entities.ts'
import { MessageId, PageOf, Paging, Result, RoomId, Text, Timestamp, UserId } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

const One = { roomId: RoomId, messageId: MessageId }
const MISSING = ['ROOM_NO_EXISTS', 'MESSAGE_NO_EXISTS'] as const

/** A report on the review list, with the message as it was then. */
const Report = Type.Object({
  roomId: RoomId,
  messageId: MessageId,
  reporterId: UserId,
  reason: Text(1, 1000),
  message: Message,
  createdAt: Timestamp,
})

/** Messages as a platform keeps them: it sees everything, hidden content included. */
export const platformMessages = forServices('messages', {
  listRoomMessages: {
    summary: 'Messages of a room, newest first',
    input: Type.Object({ roomId: RoomId, ...Paging }),
    output: PageOf(Message),
    errors: ['ROOM_NO_EXISTS'],
  },
  getMessage: {
    summary: 'One message',
    input: Type.Object(One),
    output: Message,
    errors: MISSING,
  },
  updateMessage: {
    summary: "Hide a message or show it again; set a card's acceptedStatus",
    input: Type.Object({
      ...One,
      hidden: Type.Optional(Type.Boolean()),
      acceptedStatus: Type.Optional(Type.Boolean()),
    }),
    output: Message,
    errors: MISSING,
    timeoutMs: 10_000,
  },
  removeMessage: {
    summary: "Delete a message's content for everybody; the message keeps its place",
    input: Type.Object(One),
    output: Result,
    errors: MISSING,
    timeoutMs: 10_000,
  },
  listReports: {
    summary: 'What members have reported, newest first',
    input: Type.Object({ roomId: Type.Optional(RoomId), ...Paging }),
    output: PageOf(Report),
  },
})
