import { Type } from 'typebox'
import { Author, CachedRoom, Message, Rules } from '../../schemas/entities.ts'
import { MentionedIds, OneMember, OneRoom, RoomId, Seq, UserId } from '../../schemas/ids.ts'
import { Readers } from '../../schemas/shapes.ts'
import { Nullable, optional, Timestamp } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

const MessageOfAuthor = { ...OneRoom, seq: Seq, authorId: UserId }

export const roomInternals = forServices('rooms', {
  viewRooms: {
    summary: 'Rooms for the cache of an edge that may have missed a broadcast',
    input: Type.Object({
      /** `since`: the lowest cursor among the edge's members of the room. */
      rooms: Type.Array(Type.Object({ ...OneRoom, since: Seq }), { maxItems: 1000 }),
    }),
    output: Type.Object({ rooms: Type.Array(CachedRoom) }),
  },
  roomAccess: {
    summary: "A member's rights in a room, and the author they write as",
    input: Type.Object(OneMember),
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
      ...OneRoom,
      authorId: UserId,
      mentions: MentionedIds,
      text: Type.String(),
      /** The text before an edit; `mentions` are then the mentions of that text. */
      ...optional({ before: Type.String() }),
      /** Mention masters only: the author may not see other members. */
      onlyMasters: Type.Boolean(),
    }),
    output: Type.Object({ userIds: Type.Array(UserId) }),
  },
  readersOf: {
    summary: 'Who has read a message and who has not, as far as the caller may see them',
    input: Type.Object(MessageOfAuthor),
    output: Readers,
    errors: ['ROOM_NO_EXISTS'],
  },
  noteChange: {
    summary: "Apply a message's change at once, ahead of the stream",
    input: Message,
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
    input: Type.Object(optional({ after: RoomId })),
    output: Type.Object({ roomIds: Type.Array(RoomId), total: Type.Integer() }),
  },
  countUnread: {
    summary: 'How many members have not read each of these messages',
    input: Type.Object({
      messages: Type.Array(Type.Object(MessageOfAuthor), { maxItems: 1000 }),
    }),
    output: Type.Object({ counts: Type.Array(Type.Integer()) }),
  },
})
