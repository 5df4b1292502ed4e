import { Type } from 'typebox'
import { Message } from '../../schemas/entities.ts'
import {
  Epoch,
  MentionedIds,
  MessageId,
  OneMessage,
  OneRoom,
  Seq,
  SyncKey,
  UserId,
} from '../../schemas/ids.ts'
import { FreeForm, Limit, LongText, optional, PageOf, Paging, Text, Timestamp } from '../../schemas/values.ts'
import { forClients, forServices, MAY_NOT_POST, NO_MESSAGE } from '../operation.ts'

export const messageOperations = forClients('messages', {
  sendMessage: {
    summary: 'Post a message to a room the caller is in',
    input: Type.Object({
      syncKey: SyncKey,
      ...OneRoom,
      data: Type.Object({
        type: Type.Literal('TEXT'),
        content: Type.Union([LongText, Type.Object({ text: LongText })]),
      }),
      ...optional({ replyTo: MessageId, mentions: MentionedIds, meta: FreeForm }),
    }),
    output: Type.Object({ result: Type.Boolean(), message: Message }),
    errors: [...MAY_NOT_POST, 'MESSAGE_TOO_LONG', 'MESSAGE_NO_EXISTS', 'MESSAGE_HAS_BANNED_WORD'],
    rate: 'message',
  },
  listenMessagesByRoom: {
    summary: 'A page of messages, oldest first: the newest, or before, after or around a message',
    input: Type.Object({
      ...OneRoom,
      ...optional({ lastMessageId: MessageId, afterMessageId: MessageId, aroundMessageId: MessageId }),
      ...optional({ count: Limit }),
    }),
    output: Type.Object({
      list: Type.Array(Message),
      hasMoreBefore: Type.Boolean(),
      hasMoreAfter: Type.Boolean(),
    }),
    errors: NO_MESSAGE,
    rate: 'read',
  },
  syncMessages: {
    summary: 'Everything after the last message that a client has',
    input: Type.Object({
      ...OneRoom,
      afterSeq: Seq,
      ...optional({ afterChange: Seq, limit: Limit, epoch: Epoch }),
    }),
    output: Type.Object({
      list: Type.Array(Message),
      changed: Type.Array(Message),
      lastSeq: Seq,
      lastChange: Seq,
      epoch: Epoch,
      recovered: Type.Boolean(),
    }),
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
  },
})

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
