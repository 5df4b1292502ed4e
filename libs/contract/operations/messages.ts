import { Type } from 'typebox'
import { Author, File, FileMessageType, Message, MessageContent, User } from '../schemas/entities.ts'
import {
  Cursor,
  FreeForm,
  Limit,
  LongText,
  MentionedIds,
  MessageId,
  Name,
  Nullable,
  Result,
  RoomId,
  Seq,
  SyncKey,
  Text,
  Timestamp,
  Url,
  UserId,
} from '../schemas/values.ts'
import { operation } from './operation.ts'

const One = { roomId: RoomId, messageId: MessageId }
const MessagePage = Type.Object({ list: Type.Array(Message), nextCursor: Nullable(Cursor) })
const Change = Type.Object({ change: Seq, message: Message })

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

/** What may happen to a message once it is there, and how it is found. */
export const changeOperations = {
  deleteMessage: operation({
    service: 'messages',
    event: 'deleteMessage',
    summary: 'Empty a message for everybody; it keeps its place',
    input: Type.Object(One),
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'ROOM_RULES_CAN_NOT_DELETE', 'MESSAGE_NO_EXISTS', 'FORBIDDEN'],
    timeoutMs: 10_000,
  }),
  hideMessage: operation({
    service: 'messages',
    event: 'hideMessage',
    summary: 'Hide a message from all but masters, or show it again',
    input: Type.Object({ ...One, hidden: Type.Boolean() }),
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'USER_IS_NOT_MASTER', 'MESSAGE_NO_EXISTS'],
    timeoutMs: 10_000,
  }),
  editMessage: operation({
    service: 'messages',
    event: 'editMessage',
    summary: 'Change the text of an own message; what it said before is kept',
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
  }),
  shareMessage: operation({
    service: 'messages',
    event: 'shareMessage',
    summary: 'Post a message again, as the caller, in other rooms of theirs',
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
  }),
  reportMessage: operation({
    service: 'messages',
    event: 'reportMessage',
    summary: "Put a message on the platform's review list",
    input: Type.Object({ ...One, reason: Text(1, 1000) }),
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'MESSAGE_NO_EXISTS'],
  }),
  messageReaders: operation({
    service: 'messages',
    event: 'messageReaders',
    summary: 'Who of those present has read a message, and who has not',
    input: Type.Object(One),
    output: Type.Object({ read: Type.Array(User), unread: Type.Array(User) }),
    errors: ['ROOM_NO_EXISTS', 'MESSAGE_NO_EXISTS'],
    rate: 'read',
  }),
  searchMessages: operation({
    service: 'messages',
    event: 'searchMessages',
    summary: "Messages that hold a keyword, newest first, in one of the caller's rooms or in all of them",
    input: Type.Object({
      keyword: Text(2, 100),
      roomId: Type.Optional(RoomId),
      limit: Type.Optional(Limit),
      cursor: Type.Optional(Cursor),
    }),
    output: MessagePage,
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
    timeoutMs: 10_000,
  }),
  listGallery: operation({
    service: 'messages',
    event: 'listGallery',
    summary: "A room's photos, videos, files, or messages with links, newest first",
    input: Type.Object({
      roomId: RoomId,
      kind: Type.Enum(['PHOTO', 'VIDEO', 'FILE', 'LINK']),
      limit: Type.Optional(Limit),
      cursor: Type.Optional(Cursor),
    }),
    output: MessagePage,
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
  }),
}

/** What the messages service does for edges and other services. */
export const messageInternals = {
  lastMessageOf: operation({
    service: 'messages',
    summary: "The numbers of a room's last stored message and of the last change to one, both published",
    input: RoomId,
    output: Type.Object({ lastSeq: Seq, lastChange: Seq }),
    errors: [],
    // After a stream was lost it gets back what it lacks of the room.
    timeoutMs: 10_000,
  }),
  postFirstMessage: operation({
    service: 'messages',
    summary: 'The message a room is made with',
    input: Type.Object({
      roomId: RoomId,
      author: Author,
      type: Type.Enum(['TEXT', 'ADMIN']),
      text: LongText,
      /** Members who have not read it by writing it. */
      audience: Type.Integer({ minimum: 0 }),
    }),
    output: Type.Object({ message: Message }),
    errors: ['MESSAGE_TOO_LONG'],
  }),
  mayPost: operation({
    service: 'messages',
    summary: 'Whether the caller may write in a room now',
    input: RoomId,
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED', 'USER_IS_MUTED'],
  }),
  postFile: operation({
    service: 'messages',
    summary: 'Post a message of the caller that refers to a stored file',
    input: Type.Object({ roomId: RoomId, syncKey: SyncKey, type: FileMessageType, file: File }),
    output: Type.Object({ message: Message }),
    errors: ['ROOM_NO_EXISTS', 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED', 'USER_IS_MUTED'],
  }),
  messageBySyncKey: operation({
    service: 'messages',
    summary: 'The stored message of the caller that a syncKey names, if there is one',
    input: Type.Object({ roomId: RoomId, syncKey: SyncKey }),
    output: Type.Object({ message: Nullable(Message) }),
    errors: ['ROOM_NO_EXISTS'],
  }),
  postMessage: operation({
    service: 'messages',
    summary: 'A platform posts a message of its own, in the name of anybody',
    input: Type.Object({
      roomId: RoomId,
      syncKey: SyncKey,
      /** What is not given is as the directory has it. */
      author: Type.Object({
        authorId: UserId,
        nickName: Type.Optional(Name),
        profileUrl: Type.Optional(Url),
      }),
      data: Type.Object({ type: Type.Enum(['TEXT', 'ADMIN', 'CARD']), content: MessageContent }),
      mentions: Type.Optional(MentionedIds),
      meta: Type.Optional(FreeForm),
    }),
    output: Type.Object({ message: Message }),
    errors: [
      'ROOM_NO_EXISTS',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'MESSAGE_TOO_LONG',
      'MESSAGE_HAS_BANNED_WORD',
    ],
  }),
  replayMessages: operation({
    service: 'messages',
    summary: 'Messages and changes that an edge missed, each in order, as masters see them',
    input: Type.Object({ roomId: RoomId, afterSeq: Seq, afterChange: Seq }),
    output: Type.Object({
      list: Type.Array(Message),
      lastSeq: Seq,
      changed: Type.Array(Change),
      lastChange: Seq,
    }),
    errors: [],
  }),
  quoteMessage: operation({
    service: 'messages',
    summary: 'Author and text of a message that is neither deleted nor hidden',
    input: Type.Object(One),
    output: Type.Object({ author: Author, text: Type.String() }),
    errors: ['MESSAGE_NO_EXISTS'],
  }),
  messagesNow: operation({
    service: 'messages',
    summary: 'Messages as they have become, as masters see them; those that are not there are left out',
    input: Type.Object({ messageIds: Type.Array(MessageId, { maxItems: 100 }) }),
    output: Type.Object({
      list: Type.Array(Message),
      left: Type.Array(MessageId, { description: 'There was no room for them: ask again' }),
    }),
    errors: [],
  }),
  surveyMessages: operation({
    service: 'messages',
    summary:
      'For a recount: the last message of a room, and which of the next ones are gone, a page at a time',
    input: Type.Object({ roomId: RoomId, afterSeq: Seq }),
    output: Type.Object({
      lastMessage: Nullable(Message),
      /** Messages that were ever changed, and whether they are gone now. */
      marks: Type.Array(Type.Object({ seq: Seq, isGone: Type.Boolean(), updatedAt: Timestamp })),
      /** Messages that mention somebody. */
      mentions: Type.Array(Type.Object({ seq: Seq, at: Timestamp, userIds: Type.Array(UserId) })),
      /** Go on after this one; null at the end. */
      nextSeq: Nullable(Seq),
    }),
    errors: [],
    timeoutMs: 10_000,
  }),
}
