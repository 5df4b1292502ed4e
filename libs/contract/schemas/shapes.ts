import { type Static, type TSchema, Type } from 'typebox'
import { JoinUser, Link, Message, PartialRules, Room, User } from './entities.ts'
import { OneRoom, UserId } from './ids.ts'
import {
  Cursor,
  FreeForm,
  LongText,
  Name,
  Nullable,
  optional,
  Paging,
  Text,
  Timestamp,
  Url,
} from './values.ts'

// What several operations take or answer.

export const MessageAnswer = Type.Object({ message: Message })
export const RoomResult = Type.Object({ result: Type.Boolean(), room: Room })
export const Readers = Type.Object({ read: Type.Array(User), unread: Type.Array(User) })
export const RoomSettings = optional({ name: Name, rules: PartialRules, profileUrl: Url })
export const Keyword = Text(1, 100)
export const MemberFilter = Type.Object({
  ...OneRoom,
  ...optional({ keyword: Keyword, state: Type.Enum(['JOINED', 'BANNED', 'MUTED']) }),
  ...Paging,
})

/** A user as a platform names them. Naming a user puts them in the directory. */
export const PlatformUser = Type.Object({
  _id: UserId,
  nickName: Name,
  ...optional({ profileUrl: Url, master: Type.Boolean(), meta: FreeForm }),
})

export const NamedAuthor = Type.Object({ authorId: UserId, ...optional({ nickName: Name, profileUrl: Url }) })

export const newRoom = <T extends TSchema>(roomType: T) =>
  Type.Object({
    name: Name,
    profileUrl: Type.Optional(Url),
    roomType,
    joinUsers: Type.Array(PlatformUser, { minItems: 1, maxItems: 10_000 }),
    ...optional({
      link: Link,
      rules: PartialRules,
      message: Type.Object({
        author: NamedAuthor,
        data: Type.Object({
          type: Type.Enum(['TEXT', 'ADMIN']),
          content: Type.Object({ text: LongText }),
        }),
      }),
      meta: FreeForm,
    }),
  })

export const Profile = optional({ nickName: Name, profileUrl: Url, meta: FreeForm })

/** A user as their platform sees them. */
export const UserEntry = Type.Object({
  ...User.properties,
  meta: Nullable(FreeForm),
  createdAt: Timestamp,
})

/** A user's membership of a room; `member` is null for a non-member. */
export const Member = Type.Object({ member: Nullable(JoinUser), banned: Type.Boolean() })

/** Most namesakes that an erasure takes into account. */
export const MAX_ALIKES = 1_000
/** The erased person's name, and other users whose names equal it or begin with it. */
export const Names = optional({
  nickName: Name,
  alikes: Type.Array(Type.Object({ userId: UserId, nickName: Name }), { maxItems: MAX_ALIKES }),
})

/** A page of what is stored about a person; `value` is the stored document. */
export const PersonalRecords = Type.Object({
  records: Type.Array(
    Type.Object({ kind: Text(1, 100), value: Type.Unsafe<Record<string, unknown>>({ type: 'object' }) }),
  ),
  nextCursor: Nullable(Cursor),
})
export type PersonalRecords = Static<typeof PersonalRecords>
