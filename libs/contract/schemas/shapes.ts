import { type TSchema, Type } from 'typebox'
import { Link, Message, PartialRules, Room, User } from './entities.ts'
import { UserId } from './ids.ts'
import { FreeForm, LongText, Name, Nullable, optional, Text, Timestamp, Url } from './values.ts'

// What several operations take or answer.

export const MessageAnswer = Type.Object({ message: Message })
export const RoomResult = Type.Object({ result: Type.Boolean(), room: Room })
export const Readers = Type.Object({ read: Type.Array(User), unread: Type.Array(User) })
export const RoomSettings = optional({ name: Name, rules: PartialRules, profileUrl: Url })
export const Keyword = Text(1, 100)

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

/** A user as their platform sees them. */
export const UserEntry = Type.Object({
  ...User.properties,
  meta: Nullable(FreeForm),
  createdAt: Timestamp,
})
