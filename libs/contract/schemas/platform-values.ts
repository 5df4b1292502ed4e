import { type Static, type TSchema, Type } from 'typebox'
import { JoinUser, Link, PartialRules } from './entities.ts'
import { Cursor, FreeForm, LongText, Name, Nullable, Text, Timestamp, Url, UserId } from './values.ts'

/** A user as a platform names them. Naming a user puts them in the directory. */
export const PlatformUser = Type.Object({
  _id: UserId,
  nickName: Name,
  profileUrl: Type.Optional(Url),
  master: Type.Optional(Type.Boolean()),
  meta: Type.Optional(FreeForm),
})

/** The input of a room that a platform makes. */
export const newRoom = <T extends TSchema>(roomType: T) =>
  Type.Object({
    name: Name,
    profileUrl: Type.Optional(Url),
    roomType,
    joinUsers: Type.Array(PlatformUser, { minItems: 1, maxItems: 10_000 }),
    link: Type.Optional(Link),
    rules: Type.Optional(PartialRules),
    message: Type.Optional(
      Type.Object({
        author: Type.Object({
          authorId: UserId,
          nickName: Type.Optional(Name),
          profileUrl: Type.Optional(Url),
        }),
        data: Type.Object({
          type: Type.Enum(['TEXT', 'ADMIN']),
          content: Type.Object({ text: LongText }),
        }),
      }),
    ),
    meta: Type.Optional(FreeForm),
  })

export const Profile = {
  nickName: Type.Optional(Name),
  profileUrl: Type.Optional(Url),
  meta: Type.Optional(FreeForm),
}

/** A user as their platform sees them. */
export const UserEntry = Type.Object({
  _id: UserId,
  nickName: Name,
  profileUrl: Nullable(Url),
  meta: Nullable(FreeForm),
  createdAt: Timestamp,
})

/** A user's membership of a room; `member` is null for a non-member. */
export const Member = Type.Object({ member: Nullable(JoinUser), banned: Type.Boolean() })

/** Most namesakes that an erasure takes into account. */
export const MAX_ALIKES = 1_000
/** The erased person's name, and other users whose names equal it or begin with it. */
export const Names = {
  nickName: Type.Optional(Name),
  alikes: Type.Optional(
    Type.Array(Type.Object({ userId: UserId, nickName: Name }), { maxItems: MAX_ALIKES }),
  ),
}

/** A page of what is stored about a person; `value` is the stored document. */
export const PersonalRecords = Type.Object({
  records: Type.Array(
    Type.Object({ kind: Text(1, 100), value: Type.Unsafe<Record<string, unknown>>({ type: 'object' }) }),
  ),
  nextCursor: Nullable(Cursor),
})
export type PersonalRecords = Static<typeof PersonalRecords>
