import { Type } from 'typebox'
import { Author, CachedRoom, Message, Rules, User } from '../../schemas/entities.ts'
import { MentionedIds, Nullable, Result, RoomId, Seq, Timestamp, UserId } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

/** What edges and services ask about rooms. */
export const roomInternals = forServices('rooms', {
  viewRooms: {
    summary: 'Rooms for the cache of an edge that may have missed a broadcast',
    input: Type.Object({
      /** `since`: the lowest cursor among the edge's members of the room. */
      rooms: Type.Array(Type.Object({ roomId: RoomId, since: Seq }), { maxItems: 1000 }),
    }),
    output: Type.Object({ rooms: Type.Array(CachedRoom) }),
  },
  roomAccess: {
    summary: "A member's rights in a room, and the author they write as",
    input: Type.Object({ roomId: RoomId, userId: UserId }),
    output: Type.Object({
      author: Author,
      master: Type.Boolean(),
      rules: Rules,
      memberCount: Type.Integer(),
      /** Null for a member who is not muted. */
      mutedUntil: Nullable(Timestamp),
    }),
    errors: ['ROOM_NO_EXISTS'],
  },
  roomFacts: {
    summary: 'What a post by the platform needs to know of a room',
    input: RoomId,
    output: Type.Object({ memberCount: Type.Integer(), isFrozen: Type.Boolean() }),
    errors: ['ROOM_NO_EXISTS'],
  },
  resolveMentions: {
    summary: 'Whom a text mentions: members by id and by `@nickName`, except those who blocked the author',
    input: Type.Object({
      roomId: RoomId,
      authorId: UserId,
      mentions: MentionedIds,
      text: Type.String(),
      /** The text before an edit; `mentions` are then the mentions of that text. */
      before: Type.Optional(Type.String()),
      /** Mention masters only: the author may not see other members. */
      onlyMasters: Type.Boolean(),
    }),
    output: Type.Object({ userIds: Type.Array(UserId) }),
  },
  readersOf: {
    summary: 'Who has read a message and who has not, as far as the caller may see them',
    input: Type.Object({ roomId: RoomId, seq: Seq, authorId: UserId }),
    output: Type.Object({ read: Type.Array(User), unread: Type.Array(User) }),
    errors: ['ROOM_NO_EXISTS'],
  },
  noteChange: {
    summary: "Apply a message's change at once, ahead of the stream",
    input: Message,
    output: Result,
  },
  recountRoom: {
    summary: "Rebuild a room's last message and its uncounted messages from the messages",
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
    summary: 'How many members have not read each of these messages',
    input: Type.Object({
      messages: Type.Array(Type.Object({ roomId: RoomId, seq: Seq, authorId: UserId }), { maxItems: 1000 }),
    }),
    output: Type.Object({ counts: Type.Array(Type.Integer()) }),
  },
})
