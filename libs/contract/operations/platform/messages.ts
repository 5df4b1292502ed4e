import { Type } from 'typebox'
import { Message } from '../../schemas/entities.ts'
import { OneMessage, OneRoom, UserId } from '../../schemas/ids.ts'
import { optional, PageOf, Paging, Text, Timestamp } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'
import { NO_MESSAGE } from '../refusals.ts'

/** A report on the review list, with the message as it was then. */
const Report = Type.Object({
  ...OneMessage,
  reporterId: UserId,
  reason: Text(1, 1000),
  message: Message,
  createdAt: Timestamp,
})

/** Messages as a platform keeps them: it sees everything, hidden content included. */
export const platformMessages = forServices('messages', {
  listRoomMessages: {
    summary: 'Messages of a room, newest first',
    input: Type.Object({ ...OneRoom, ...Paging }),
    output: PageOf(Message),
    errors: ['ROOM_NO_EXISTS'],
  },
  getMessage: {
    summary: 'One message',
    input: Type.Object(OneMessage),
    output: Message,
    errors: NO_MESSAGE,
  },
  updateMessage: {
    summary: "Hide a message or show it again; set a card's acceptedStatus",
    input: Type.Object({
      ...OneMessage,
      ...optional({ hidden: Type.Boolean(), acceptedStatus: Type.Boolean() }),
    }),
    output: Message,
    errors: NO_MESSAGE,
    timeoutMs: 10_000,
  },
  removeMessage: {
    summary: "Delete a message's content for everybody; the message keeps its place",
    input: Type.Object(OneMessage),
    errors: NO_MESSAGE,
    timeoutMs: 10_000,
  },
  listReports: {
    summary: 'What members have reported, newest first',
    input: Type.Object({ ...optional(OneRoom), ...Paging }),
    output: PageOf(Report),
  },
})
