import { Type } from 'typebox'
import { Message } from '../../schemas/entities.ts'
import {
  FreeForm,
  Limit,
  LongText,
  MentionedIds,
  MessageId,
  RoomId,
  Seq,
  SyncKey,
} from '../../schemas/values.ts'
import { forClients } from '../operation.ts'

/** What the messages service does for clients. */
export const messageOperations = forClients('messages', {
  sendMessage: {
    summary: 'Post a message to a room the caller is in',
    input: Type.Object({
      syncKey: SyncKey,
      roomId: RoomId,
      data: Type.Object({
        type: Type.Literal('TEXT'),
        content: Type.Union([LongText, Type.Object({ text: LongText })]),
      }),
      replyTo: Type.Optional(MessageId),
      mentions: Type.Optional(MentionedIds),
      meta: Type.Optional(FreeForm),
    }),
    output: Type.Object({ result: Type.Boolean(), message: Message }),
    errors: [
      'ROOM_NO_EXISTS',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'USER_IS_MUTED',
      'MESSAGE_TOO_LONG',
      'MESSAGE_NO_EXISTS',
      'MESSAGE_HAS_BANNED_WORD',
    ],
    rate: 'message',
  },
  listenMessagesByRoom: {
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
  },
  syncMessages: {
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
  },
})
