import { Type } from 'typebox'
import { Message } from '../../schemas/entities.ts'
import { OneMessage, OneRoom, RoomId, SyncKey } from '../../schemas/ids.ts'
import { MessageAnswer, Readers } from '../../schemas/shapes.ts'
import { LongText, optional, PageOf, Paging, Text } from '../../schemas/values.ts'
import { BAD_TEXT, forClients, MAY_NOT_POST, NO_MESSAGE } from '../operation.ts'

const MessagePage = PageOf(Message)

/** What happens to a stored message, and how it is found. */
export const changeOperations = forClients('messages', {
  deleteMessage: {
    summary: "Delete a message's content for everybody; the message keeps its place",
    input: Type.Object(OneMessage),
    errors: ['ROOM_NO_EXISTS', 'ROOM_RULES_CAN_NOT_DELETE', 'MESSAGE_NO_EXISTS', 'FORBIDDEN'],
    timeoutMs: 10_000,
  },
  hideMessage: {
    summary: 'Hide a message from all but masters, or show it again',
    input: Type.Object({ ...OneMessage, hidden: Type.Boolean() }),
    errors: ['ROOM_NO_EXISTS', 'USER_IS_NOT_MASTER', 'MESSAGE_NO_EXISTS'],
    timeoutMs: 10_000,
  },
  editMessage: {
    summary: 'Change the text of an own message; earlier texts are kept',
    input: Type.Object({ ...OneMessage, text: LongText }),
    output: MessageAnswer,
    errors: [...MAY_NOT_POST, 'MESSAGE_NO_EXISTS', 'FORBIDDEN', ...BAD_TEXT],
    rate: 'message',
    timeoutMs: 10_000,
  },
  shareMessage: {
    summary: 'Post a copy of a message, as the caller, in other rooms of theirs',
    input: Type.Object({
      ...OneMessage,
      targetRoomIds: Type.Array(RoomId, { minItems: 1, maxItems: 100 }),
      syncKey: SyncKey,
    }),
    output: Type.Object({ messages: Type.Array(Message) }),
    errors: [...MAY_NOT_POST, 'ROOM_RULES_CAN_NOT_SHARE', 'MESSAGE_NO_EXISTS', 'MESSAGE_HAS_BANNED_WORD'],
    rate: 'message',
    timeoutMs: 10_000,
  },
  reportMessage: {
    summary: 'Report a message to the platform',
    input: Type.Object({ ...OneMessage, reason: Text(1, 1000) }),
    errors: NO_MESSAGE,
  },
  messageReaders: {
    summary: 'Which members have read a message, and which have not',
    input: Type.Object(OneMessage),
    output: Readers,
    errors: NO_MESSAGE,
    rate: 'read',
  },
  searchMessages: {
    summary: "Messages that contain a keyword, newest first, in one of the caller's rooms or in all of them",
    input: Type.Object({ keyword: Text(2, 100), ...optional(OneRoom), ...Paging }),
    output: MessagePage,
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
    timeoutMs: 10_000,
  },
  listGallery: {
    summary: "A room's photos, videos, files, or messages with links, newest first",
    input: Type.Object({ ...OneRoom, kind: Type.Enum(['PHOTO', 'VIDEO', 'FILE', 'LINK']), ...Paging }),
    output: MessagePage,
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
  },
})
