import { Type } from 'typebox'
import { Author, File, FileMessageType, Message, MessageContent } from '../../schemas/entities.ts'
import {
  FreeForm,
  LongText,
  MentionedIds,
  MessageId,
  Name,
  Nullable,
  Result,
  RoomId,
  Seq,
  SyncKey,
  Timestamp,
  Url,
  UserId,
} from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

const One = { roomId: RoomId, messageId: MessageId }
const Change = Type.Object({ change: Seq, message: Message })

/** What the messages service does for edges and other services. */
export const messageInternals = forServices('messages', {
  lastMessageOf: {
    summary: "The numbers of a room's last stored message and of the last change to one, both published",
    input: RoomId,
    output: Type.Object({ lastSeq: Seq, lastChange: Seq }),
    // After a stream was lost it gets back what it lacks of the room.
    timeoutMs: 10_000,
  },
  postFirstMessage: {
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
  },
  mayPost: {
    summary: 'Whether the caller may write in a room now',
    input: RoomId,
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED', 'USER_IS_MUTED'],
  },
  postFile: {
    summary: 'Post a message of the caller that refers to a stored file',
    input: Type.Object({ roomId: RoomId, syncKey: SyncKey, type: FileMessageType, file: File }),
    output: Type.Object({ message: Message }),
    errors: ['ROOM_NO_EXISTS', 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED', 'USER_IS_MUTED'],
  },
  messageBySyncKey: {
    summary: 'The stored message of the caller that a syncKey names, if there is one',
    input: Type.Object({ roomId: RoomId, syncKey: SyncKey }),
    output: Type.Object({ message: Nullable(Message) }),
    errors: ['ROOM_NO_EXISTS'],
  },
  postMessage: {
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
  },
  replayMessages: {
    summary: 'Messages and changes that an edge missed, each in order, as masters see them',
    input: Type.Object({ roomId: RoomId, afterSeq: Seq, afterChange: Seq }),
    output: Type.Object({
      list: Type.Array(Message),
      lastSeq: Seq,
      changed: Type.Array(Change),
      lastChange: Seq,
    }),
  },
  quoteMessage: {
    summary: 'Author and text of a message that is neither deleted nor hidden',
    input: Type.Object(One),
    output: Type.Object({ author: Author, text: Type.String() }),
    errors: ['MESSAGE_NO_EXISTS'],
  },
  messagesNow: {
    summary: 'Messages as they have become, as masters see them; those that are not there are left out',
    input: Type.Object({ messageIds: Type.Array(MessageId, { maxItems: 100 }) }),
    output: Type.Object({
      list: Type.Array(Message),
      left: Type.Array(MessageId, { description: 'There was no room for them: ask again' }),
    }),
  },
  surveyMessages: {
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
    timeoutMs: 10_000,
  },
})
