import { Type } from 'typebox'
import { JoinUser, User } from '../../schemas/entities.ts'
import { UserEntry } from '../../schemas/platform-values.ts'
import {
  IssuedAt,
  Name,
  Nullable,
  Result,
  RoomId,
  Seq,
  Timestamp,
  Url,
  UserId,
} from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

/** A message that mentions somebody, and which of its states (`updatedAt`) says so. */
const MentionMark = Type.Object({ seq: Seq, at: Timestamp })

/** One member's standing in a room, as edges and other services need it. */
export const Membership = Type.Object({
  roomId: RoomId,
  member: JoinUser,
  readSeq: Seq,
})

/** What edges and services ask about users. */
export const userInternals = forServices('rooms', {
  openSession: {
    summary: 'Who the user is and which rooms they are in; refreshes their directory entry',
    input: Type.Object({
      nickName: Type.Optional(Name),
      profileUrl: Type.Optional(Url),
      roomId: Type.Optional(RoomId),
      /** When the newest token was issued that the session is opened with. */
      issuedAt: Type.Optional(IssuedAt),
    }),
    output: Type.Object({
      rooms: Type.Array(
        Type.Object({
          ...Membership.properties,
          lastSeq: Seq,
          /** Beyond the cursor; absent where there is none. */
          mentions: Type.Optional(Type.Array(MentionMark)),
        }),
      ),
      blocked: Type.Array(UserId),
      /** Tokens issued before are revoked; null where none are. */
      issuedFrom: Nullable(IssuedAt),
    }),
    errors: ['TOKEN_INVALID'],
    timeoutMs: 10_000,
  },
  noteSeen: {
    summary: 'Who is connected to an edge, and who has just gone from it',
    input: Type.Object({
      present: Type.Array(UserId, { maxItems: 1000 }),
      left: Type.Array(UserId, { maxItems: 1000 }),
    }),
    output: Result,
    timeoutMs: 10_000,
  },
  blocksOf: {
    summary: 'Whom a user has blocked',
    input: UserId,
    output: Type.Object({ blocked: Type.Array(UserId) }),
  },
  roomsOfUser: {
    summary: 'The rooms that a user is in, and from when on their tokens are good',
    input: UserId,
    output: Type.Object({ roomIds: Type.Array(RoomId), issuedFrom: Nullable(IssuedAt) }),
  },
  describeUsers: {
    summary: 'What the directory knows of some users now; those it does not know are left out',
    input: Type.Object({ userIds: Type.Array(UserId, { maxItems: 1000 }) }),
    output: Type.Object({ users: Type.Array(User) }),
  },
  inspectUser: {
    summary: 'A user as operators look at them: their entry, whether they are online, which tokens are good',
    input: UserId,
    output: Type.Object({
      user: UserEntry,
      online: Type.Boolean(),
      /** Null for one who was never connected. */
      lastSeenAt: Nullable(Timestamp),
      /** Tokens issued before are revoked; null where none are. */
      issuedFrom: Nullable(Timestamp),
      roomCount: Type.Integer({ minimum: 0 }),
    }),
    errors: ['USER_NO_EXISTS'],
  },
  saveUser: {
    summary: 'Put a user in the directory, or refresh what is known of them',
    input: Type.Object({
      userId: UserId,
      nickName: Type.Optional(Name),
      profileUrl: Type.Optional(Url),
    }),
    output: Result,
  },
})
