import { Type } from 'typebox'
import { JoinUser, User } from '../../schemas/entities.ts'
import { OneRoom, RoomId, Seq, UserId } from '../../schemas/ids.ts'
import { UserEntry } from '../../schemas/shapes.ts'
import { Count, IssuedAt, Name, Nullable, optional, Timestamp, Url } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

/** A message that mentions the user; `at` is the `updatedAt` of the state that does. */
const MentionMark = Type.Object({ seq: Seq, at: Timestamp })

/** One member's state in a room, as edges and services need it. */
export const Membership = Type.Object({ ...OneRoom, member: JoinUser, readSeq: Seq })

export const userInternals = forServices('rooms', {
  openSession: {
    summary: "The user's rooms and cursors for a new session; refreshes the directory entry",
    input: Type.Object({
      ...optional({ nickName: Name, profileUrl: Url, ...OneRoom }),
      /** When the session's newest token was issued. */
      ...optional({ issuedAt: IssuedAt }),
    }),
    output: Type.Object({
      rooms: Type.Array(
        Type.Object({
          ...Membership.properties,
          lastSeq: Seq,
          /** Mentions beyond the cursor; absent if there are none. */
          ...optional({ mentions: Type.Array(MentionMark) }),
        }),
      ),
      blocked: Type.Array(UserId),
      /** Tokens issued before this are revoked; null if none are. */
      issuedFrom: Nullable(IssuedAt),
    }),
    errors: ['TOKEN_INVALID'],
    timeoutMs: 10_000,
  },
  noteSeen: {
    summary: 'Report who is connected to an edge, and who has just disconnected',
    input: Type.Object({
      present: Type.Array(UserId, { maxItems: 1000 }),
      left: Type.Array(UserId, { maxItems: 1000 }),
    }),
    timeoutMs: 10_000,
  },
  blocksOf: {
    summary: 'The users that a user has blocked',
    input: UserId,
    output: Type.Object({ blocked: Type.Array(UserId) }),
  },
  roomsOfUser: {
    summary: 'The rooms of a user, and the time from which on their tokens are valid',
    input: UserId,
    output: Type.Object({ roomIds: Type.Array(RoomId), issuedFrom: Nullable(IssuedAt) }),
  },
  describeUsers: {
    summary: 'Directory entries of some users; unknown users are left out',
    input: Type.Object({ userIds: Type.Array(UserId, { maxItems: 1000 }) }),
    output: Type.Object({ users: Type.Array(User) }),
  },
  inspectUser: {
    summary: 'A user for operators: directory entry, presence, revocation',
    input: UserId,
    output: Type.Object({
      user: UserEntry,
      online: Type.Boolean(),
      lastSeenAt: Nullable(Timestamp),
      /** Tokens issued before this are revoked; null if none are. */
      issuedFrom: Nullable(Timestamp),
      roomCount: Count,
    }),
    errors: ['USER_NO_EXISTS'],
  },
  saveUser: {
    summary: "Create or refresh a user's directory entry",
    input: Type.Object({ userId: UserId, ...optional({ nickName: Name, profileUrl: Url }) }),
  },
})
