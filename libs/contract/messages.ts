import { Type } from 'typebox'
import { Author, Message } from './entities.ts'
import { operation } from './operation.ts'
import { FreeForm, Limit, MessageId, RoomId, Seq, SyncKey, Text } from './values.ts'

/** Longer than any configured `textLength`: that limit answers `MESSAGE_TOO_LONG`, this one `INVALID_REQUEST`. */
const Content = Text(1, 1_000_000)

/** What the messages service does for clients. */
export const messageOperations = {
  sendMessage: operation({
    service: 'messages',
    event: 'sendMessage',
    summary: 'Post a message to a room the caller is in',
    input: Type.Object({
      syncKey: SyncKey,
      roomId: RoomId,
      data: Type.Object({
        type: Type.Literal('TEXT'),
        content: Type.Union([Content, Type.Object({ text: Content })]),
      }),
      replyTo: Type.Optional(MessageId),
      meta: Type.Optional(FreeForm),
    }),
    output: Type.Object({ result: Type.Boolean(), message: Message }),
    errors: ['ROOM_NO_EXISTS', 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED', 'MESSAGE_TOO_LONG', 'MESSAGE_NO_EXISTS'],
    rate: 'message',
  }),
  listenMessagesByRoom: operation({
    service: 'messages',
    event: 'listenMessagesByRoom',
    summary: 'A page of messages, oldest first: the newest, or before, after or around a message',
    input: Type.Object({
      roomId: RoomId,
      lastMessageId: Type.Optional(MessageId),
      afterMessageId: Type.Optional(MessageId),
      aroundMessageId: Type.Optional(MessageId),
      count: Type.Optional(Limit),
    }),
    output: Type.Object({
      list: Type.Array(Message),
      hasMoreBefore: Type.Boolean(),
      hasMoreAfter: Type.Boolean(),
    }),
    errors: ['ROOM_NO_EXISTS', 'MESSAGE_NO_EXISTS'],
    rate: 'read',
  }),
  syncMessages: operation({
    service: 'messages',
    event: 'syncMessages',
    summary: 'Everything after the last message that a client has',
    input: Type.Object({
      roomId: RoomId,
      afterSeq: Seq,
      afterChange: Type.Optional(Seq),
      limit: Type.Optional(Limit),
    }),
    output: Type.Object({
      list: Type.Array(Message),
      changed: Type.Array(Message),
      lastSeq: Seq,
      lastChange: Seq,
      recovered: Type.Boolean(),
    }),
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
  }),
}

/** What the messages service does for edges and other services. */
export const messageInternals = {
  lastMessageOf: operation({
    service: 'messages',
    summary: "The number of a room's last stored message",
    input: RoomId,
    output: Type.Object({ lastSeq: Seq }),
    errors: [],
  }),
  postFirstMessage: operation({
    service: 'messages',
    summary: 'The message a room is made with',
    input: Type.Object({
      roomId: RoomId,
      author: Author,
      type: Type.Enum(['TEXT', 'ADMIN']),
      text: Text(1, 1_000_000),
      memberCount: Type.Integer({ minimum: 0 }),
    }),
    output: Type.Object({ message: Message }),
    errors: ['MESSAGE_TOO_LONG'],
  }),
  replayMessages: operation({
    service: 'messages',
    summary: 'Messages that an edge missed, in order',
    input: Type.Object({ roomId: RoomId, afterSeq: Seq }),
    output: Type.Object({ list: Type.Array(Message), lastSeq: Seq }),
    errors: [],
  }),
}
