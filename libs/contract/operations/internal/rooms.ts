import { Type } from 'typebox'
import { Author, Message, RoomLook, Rules, User } from '../../schemas/entities.ts'
import { MentionedIds, Nullable, Result, RoomId, Seq, Timestamp, UserId } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

/** What edges and services ask about rooms. */
export const roomInternals = forServices('rooms', {
  viewRooms: {
    summary: 'Rooms as broadcasts carry them, for an edge that may have missed one',
    input: Type.Object({
      /** `since`: how far the least of those who look has read. */
      rooms: Type.Array(Type.Object({ roomId: RoomId, since: Seq }), { maxItems: 1000 }),
    }),
    output: Type.Object({ rooms: Type.Array(RoomLook) }),
  },
  roomAccess: {
    summary: 'May this user write in this room, and as whom',
    input: Type.Object({ roomId: RoomId, userId: UserId }),
    output: Type.Object({
      author: Author,
      master: Type.Boolean(),
      rules: Rules,
      memberCount: Type.Integer(),
      /** Null where they are not muted. */
      mutedUntil: Nullable(Timestamp),
    }),
    errors: ['ROOM_NO_EXISTS'],
  },
  roomFacts: {
    summary: 'What must be known of a room to post in it without being a member',
    input: RoomId,
    output: Type.Object({ memberCount: Type.Integer(), isFrozen: Type.Boolean() }),
    errors: ['ROOM_NO_EXISTS'],
  },
  resolveMentions: {
    summary:
      'Whom a text mentions: members by id, and by `@nickName`; those who have blocked the author never',
    input: Type.Object({
      roomId: RoomId,
      authorId: UserId,
      mentions: MentionedIds,
      text: Type.String(),
      /** What the message said before, where it is edited: `mentions` are its mentions then. */
      before: Type.Optional(Type.String()),
      /** The author sees no others. */
      onlyMasters: Type.Boolean(),
    }),
    output: Type.Object({ userIds: Type.Array(UserId) }),
  },
  readersOf: {
    summary: 'Which present members have read a message, as far as the caller may see them',
    input: Type.Object({ roomId: RoomId, seq: Seq, authorId: UserId }),
    output: Type.Object({ read: Type.Array(User), unread: Type.Array(User) }),
    errors: ['ROOM_NO_EXISTS'],
  },
  noteChange: {
    summary: 'Take in at once what happened to a message, which comes by the stream as well',
    input: Message,
    output: Result,
  },
  recountRoom: {
    summary: "Rebuild a room's last message and its set of gone messages from the messages",
    input: RoomId,
    output: Type.Object({ lastSeq: Seq, gone: Type.Integer(), isChanged: Type.Boolean() }),
    errors: ['ROOM_NO_EXISTS'],
    timeoutMs: 60_000,
  },
  listRoomIds: {
    summary: 'The ids of all rooms, a page at a time',
    input: Type.Object({ after: Type.Optional(RoomId) }),
    output: Type.Object({ roomIds: Type.Array(RoomId), total: Type.Integer() }),
  },
  countUnread: {
    summary: 'How many present members have not read each of these messages',
    input: Type.Object({
      messages: Type.Array(Type.Object({ roomId: RoomId, seq: Seq, authorId: UserId }), { maxItems: 1000 }),
    }),
    output: Type.Object({ counts: Type.Array(Type.Integer()) }),
  },
})
