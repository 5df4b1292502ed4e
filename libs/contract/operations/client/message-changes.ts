import { Type } from 'typebox'
import { Message, User } from '../../schemas/entities.ts'
import { LongText, MessageId, PageOf, Paging, Result, RoomId, SyncKey, Text } from '../../schemas/values.ts'
import { forClients } from '../operation.ts'

const One = { roomId: RoomId, messageId: MessageId }
const MessagePage = PageOf(Message)

/** What happens to a stored message, and how it is found. */
export const changeOperations = forClients('messages', {
  deleteMessage: {
    summary: "Delete a message's content for everybody; the message keeps its place",
    input: Type.Object(One),
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'ROOM_RULES_CAN_NOT_DELETE', 'MESSAGE_NO_EXISTS', 'FORBIDDEN'],
    timeoutMs: 10_000,
  },
  hideMessage: {
    summary: 'Hide a message from all but masters, or show it again',
    input: Type.Object({ ...One, hidden: Type.Boolean() }),
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'USER_IS_NOT_MASTER', 'MESSAGE_NO_EXISTS'],
    timeoutMs: 10_000,
  },
  editMessage: {
    summary: 'Change the text of an own message; earlier texts are kept',
    input: Type.Object({ ...One, text: LongText }),
    output: Type.Object({ message: Message }),
    errors: [
      'ROOM_NO_EXISTS',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'USER_IS_MUTED',
      'MESSAGE_NO_EXISTS',
      'FORBIDDEN',
      'MESSAGE_TOO_LONG',
      'MESSAGE_HAS_BANNED_WORD',
    ],
    rate: 'message',
    timeoutMs: 10_000,
  },
  shareMessage: {
    summary: 'Post a copy of a message, as the caller, in other rooms of theirs',
    input: Type.Object({
      ...One,
      targetRoomIds: Type.Array(RoomId, { minItems: 1, maxItems: 100 }),
      syncKey: SyncKey,
    }),
    output: Type.Object({ messages: Type.Array(Message) }),
    errors: [
      'ROOM_NO_EXISTS',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'ROOM_RULES_CAN_NOT_SHARE',
      'USER_IS_MUTED',
      'MESSAGE_NO_EXISTS',
      'MESSAGE_HAS_BANNED_WORD',
    ],
    rate: 'message',
    timeoutMs: 10_000,
  },
  reportMessage: {
    summary: 'Report a message to the platform',
    input: Type.Object({ ...One, reason: Text(1, 1000) }),
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'MESSAGE_NO_EXISTS'],
  },
  messageReaders: {
    summary: 'Which members have read a message, and which have not',
    input: Type.Object(One),
    output: Type.Object({ read: Type.Array(User), unread: Type.Array(User) }),
    errors: ['ROOM_NO_EXISTS', 'MESSAGE_NO_EXISTS'],
    rate: 'read',
  },
  searchMessages: {
    summary: "Messages that contain a keyword, newest first, in one of the caller's rooms or in all of them",
    input: Type.Object({
      keyword: Text(2, 100),
      roomId: Type.Optional(RoomId),
      ...Paging,
    }),
    output: MessagePage,
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
    timeoutMs: 10_000,
  },
  listGallery: {
    summary: "A room's photos, videos, files, or messages with links, newest first",
    input: Type.Object({
      roomId: RoomId,
      kind: Type.Enum(['PHOTO', 'VIDEO', 'FILE', 'LINK']),
      ...Paging,
    }),
    output: MessagePage,
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
  },
})
