import { Type } from 'typebox'
import { Message } from '../../schemas/entities.ts'
import { MentionedIds, MessageId, OneRoom, Seq, SyncKey } from '../../schemas/ids.ts'
import { FreeForm, Limit, LongText, optional } from '../../schemas/values.ts'
import { forClients } from '../operation.ts'
import { MAY_NOT_POST, NO_MESSAGE } from '../refusals.ts'

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
    input: Type.Object({ ...OneRoom, afterSeq: Seq, ...optional({ afterChange: Seq, limit: Limit }) }),
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
