import { Type } from 'typebox'
import { Author, File, FileMessageType, Message, MessageContent } from '../../schemas/entities.ts'
import {
  Epoch,
  MentionedIds,
  MessageId,
  OneMessage,
  OneRoom,
  RoomId,
  Seq,
  SyncKey,
  UserId,
} from '../../schemas/ids.ts'
import { MessageAnswer, NamedAuthor } from '../../schemas/shapes.ts'
import { Count, FreeForm, LongText, Nullable, optional, Timestamp } from '../../schemas/values.ts'
import { BAD_TEXT, FROZEN, forServices, MAY_NOT_POST } from '../operation.ts'

export const messageInternals = forServices('messages', {
  lastMessageOf: {
    summary: 'The last message number and the last change number of a room',
    input: RoomId,
    output: Type.Object({ lastSeq: Seq, lastChange: Seq, epoch: Epoch }),
  },
  postFirstMessage: {
    summary: 'Post the first message of a new room',
    input: Type.Object({
      ...OneRoom,
      author: Author,
      type: Type.Enum(['TEXT', 'ADMIN']),
      text: LongText,
      /** How many members other than the author there are. */
      audience: Count,
    }),
    output: MessageAnswer,
    errors: ['MESSAGE_TOO_LONG'],
  },
  mayPost: {
    summary: 'Whether the caller may write in a room now',
    input: RoomId,
    errors: MAY_NOT_POST,
  },
  postFile: {
    summary: 'Post a message that refers to a stored file',
    input: Type.Object({ ...OneRoom, syncKey: SyncKey, type: FileMessageType, file: File }),
    output: MessageAnswer,
    errors: MAY_NOT_POST,
  },
  messageBySyncKey: {
    summary: "The caller's stored message with a syncKey, if there is one",
    input: Type.Object({ ...OneRoom, syncKey: SyncKey }),
    output: Type.Object({ message: Nullable(Message) }),
    errors: ['ROOM_NO_EXISTS'],
  },
  postMessage: {
    summary: 'A platform posts a message in the name of any user',
    input: Type.Object({
      ...OneRoom,
      syncKey: SyncKey,
      /** Missing fields come from the directory. */
      author: NamedAuthor,
      data: Type.Object({ type: Type.Enum(['TEXT', 'ADMIN', 'CARD']), content: MessageContent }),
      ...optional({ mentions: MentionedIds, meta: FreeForm }),
    }),
    output: MessageAnswer,
    errors: [...FROZEN, ...BAD_TEXT],
  },
  replayMessages: {
    summary: 'Messages and changes that an edge missed, each in order, as masters see them',
    input: Type.Object({ ...OneRoom, afterSeq: Seq, afterChange: Seq }),
    output: Type.Object({
      list: Type.Array(Message),
      lastSeq: Seq,
      changed: Type.Array(Type.Object({ change: Seq, message: Message })),
      lastChange: Seq,
    }),
  },
  quoteMessage: {
    summary: 'Author and text of a message that is neither deleted nor hidden',
    input: Type.Object(OneMessage),
    output: Type.Object({ author: Author, text: Type.String() }),
    errors: ['MESSAGE_NO_EXISTS'],
  },
  messagesNow: {
    summary: 'The current state of some messages, as masters see them; missing ones are left out',
    input: Type.Object({ messageIds: Type.Array(MessageId, { maxItems: 100 }) }),
    output: Type.Object({
      list: Type.Array(Message),
      left: Type.Array(MessageId, { description: 'Did not fit into this answer: ask again' }),
    }),
  },
  surveyMessages: {
    summary:
      "For a recount: a room's last message, and a page of the messages that are gone or mention somebody",
    input: Type.Object({ ...OneRoom, afterSeq: Seq }),
    output: Type.Object({
      lastMessage: Nullable(Message),
      /** Messages that were ever changed, and whether they are gone now. */
      marks: Type.Array(Type.Object({ seq: Seq, isGone: Type.Boolean(), updatedAt: Timestamp })),
      mentions: Type.Array(Type.Object({ seq: Seq, at: Timestamp, userIds: Type.Array(UserId) })),
      /** Where the next page begins; null at the end. */
      nextSeq: Nullable(Seq),
    }),
    timeoutMs: 10_000,
  },
  screenText: {
    summary: 'Apply the word filter: the text itself, or the masked text',
    input: Type.Object({ ...OneRoom, text: LongText }),
    output: Type.Object({ text: Type.String() }),
    errors: ['MESSAGE_HAS_BANNED_WORD'],
  },
})
