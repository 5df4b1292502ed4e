import { Type } from 'typebox'
import { Announcement, JoinUser, PartialRules, Room, RoomType } from '../schemas/entities.ts'
import {
  Member,
  Names,
  newRoom,
  PersonalRecords,
  PlatformUser,
  Profile,
  UserEntry,
} from '../schemas/platform-values.ts'
import {
  Cursor,
  FreeForm,
  Limit,
  LongText,
  MessageId,
  Name,
  Nullable,
  Result,
  RoomId,
  Text,
  Timestamp,
  Url,
  UserId,
} from '../schemas/values.ts'
import { operation } from './operation.ts'

const One = { roomId: RoomId, userId: UserId }
const Page = { limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) }
const FROZEN = ['ROOM_NO_EXISTS', 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED'] as const

/** Rooms as a platform keeps them, without being a member of any. */
export const platformRooms = {
  createRoom: operation({
    service: 'rooms',
    summary: 'Make a room of any type, with its people and perhaps its first message',
    input: newRoom(RoomType),
    output: Room,
    errors: ['ROOM_ALREADY_EXISTS', 'ROOM_IS_FULL', 'MESSAGE_TOO_LONG'],
    timeoutMs: 15_000,
  }),
  listRooms: operation({
    service: 'rooms',
    summary: 'Rooms of a user, of a link, or all of them, in the order of their ids',
    input: Type.Object({
      userId: Type.Optional(UserId),
      linkSid: Type.Optional(Text(1, 128)),
      ...Page,
    }),
    output: Type.Object({ list: Type.Array(Room), nextCursor: Nullable(Cursor) }),
    errors: [],
    timeoutMs: 10_000,
  }),
  getRoom: operation({
    service: 'rooms',
    summary: 'One room, with up to 100 of its members',
    input: Type.Object({ roomId: RoomId }),
    output: Room,
    errors: ['ROOM_NO_EXISTS'],
  }),
  updateRoom: operation({
    service: 'rooms',
    summary: "Change a room's name, picture, rules or meta; freeze and unfreeze it",
    input: Type.Object({
      roomId: RoomId,
      name: Type.Optional(Name),
      rules: Type.Optional(PartialRules),
      profileUrl: Type.Optional(Url),
      meta: Type.Optional(FreeForm),
    }),
    output: Room,
    errors: FROZEN,
  }),
  deleteRoom: operation({
    service: 'rooms',
    summary: 'Take everybody out of a room and delete it with all of its messages and files',
    input: Type.Object({ roomId: RoomId }),
    output: Result,
    errors: ['ROOM_NO_EXISTS'],
    timeoutMs: 60_000,
  }),
  getAnnouncement: operation({
    service: 'rooms',
    summary: 'What is pinned above a room',
    input: Type.Object({ roomId: RoomId }),
    output: Type.Object({ announcement: Nullable(Announcement) }),
    errors: ['ROOM_NO_EXISTS'],
  }),
  putAnnouncement: operation({
    service: 'rooms',
    summary: 'Pin a message of the room, or a text of somebody, above it',
    input: Type.Object({
      roomId: RoomId,
      messageId: Type.Optional(MessageId),
      text: Type.Optional(LongText),
      /** Whose text it is; needed where no message is named. */
      authorId: Type.Optional(UserId),
    }),
    output: Type.Object({ announcement: Nullable(Announcement) }),
    errors: [...FROZEN, 'MESSAGE_NO_EXISTS', 'MESSAGE_TOO_LONG'],
  }),
  removeAnnouncement: operation({
    service: 'rooms',
    summary: 'Take down what is pinned above a room',
    input: Type.Object({ roomId: RoomId }),
    output: Type.Object({ announcement: Nullable(Announcement) }),
    errors: FROZEN,
  }),
}

/** Who is in a room, as a platform decides it. */
export const platformMembers = {
  addMembers: operation({
    service: 'rooms',
    summary: 'Add people to a room, whatever its rules say of inviting',
    input: Type.Object({
      roomId: RoomId,
      users: Type.Array(PlatformUser, { minItems: 1, maxItems: 10_000 }),
    }),
    output: Room,
    errors: [...FROZEN, 'JOIN_USER_ALREADY_EXISTS', 'USER_IS_BANNED', 'ROOM_IS_FULL'],
    timeoutMs: 10_000,
  }),
  listRoomMembers: operation({
    service: 'rooms',
    summary: 'Members, or those who are banned or muted, in the order of their ids',
    input: Type.Object({
      roomId: RoomId,
      keyword: Type.Optional(Text(1, 100)),
      state: Type.Optional(Type.Enum(['JOINED', 'BANNED', 'MUTED'])),
      ...Page,
    }),
    output: Type.Object({ list: Type.Array(JoinUser), nextCursor: Nullable(Cursor) }),
    errors: ['ROOM_NO_EXISTS'],
  }),
  getMember: operation({
    service: 'rooms',
    summary: 'How somebody stands in a room',
    input: Type.Object(One),
    output: Member,
    errors: ['ROOM_NO_EXISTS', 'USER_NO_EXISTS'],
  }),
  updateMember: operation({
    service: 'rooms',
    summary: 'Make a member master or not, mute or unmute them, ban somebody or let them back',
    input: Type.Object({
      ...One,
      master: Type.Optional(Type.Boolean()),
      muted: Type.Optional(Type.Boolean()),
      /** For how long, with `muted`; for good without it. */
      minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 5_256_000 })),
      banned: Type.Optional(Type.Boolean()),
    }),
    output: Member,
    errors: ['ROOM_NO_EXISTS', 'USER_NO_EXISTS', 'WRONG_TARGET_USER_IDS'],
    timeoutMs: 10_000,
  }),
  removeMember: operation({
    service: 'rooms',
    summary: 'Take a member out of a room',
    input: Type.Object(One),
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'USER_NO_EXISTS'],
    timeoutMs: 10_000,
  }),
}

/** The directory as a platform keeps it. */
export const platformUsers = {
  createUser: operation({
    service: 'rooms',
    summary: 'Put a user in the directory; of one who is there already what is given is changed',
    input: Type.Object({ _id: UserId, ...Profile }),
    output: UserEntry,
    errors: [],
  }),
  getUser: operation({
    service: 'rooms',
    summary: 'What the directory knows of a user',
    input: Type.Object({ userId: UserId }),
    output: UserEntry,
    errors: ['USER_NO_EXISTS'],
  }),
  updateUser: operation({
    service: 'rooms',
    summary: "Change a user's name, picture or meta",
    input: Type.Object({ userId: UserId, ...Profile }),
    output: UserEntry,
    errors: ['USER_NO_EXISTS'],
  }),
  revokeTokens: operation({
    service: 'rooms',
    summary: 'Refuse all tokens of a user that were issued until now, and close the sockets that they opened',
    input: Type.Object({ userId: UserId }),
    /** Tokens issued from then on are good. */
    output: Type.Object({ result: Type.Boolean(), issuedFrom: Timestamp }),
    errors: ['USER_NO_EXISTS'],
    timeoutMs: 10_000,
  }),
  expelUser: operation({
    service: 'rooms',
    summary: 'First step of an erasure: no token is good any more, and every room is left',
    input: Type.Object({ userId: UserId }),
    output: Result,
    errors: [],
    timeoutMs: 60_000,
  }),
  eraseUserInRooms: operation({
    service: 'rooms',
    summary: 'Erase what rooms and the directory still know of somebody who was expelled',
    input: Type.Object({ userId: UserId, ...Names, cursor: Type.Optional(Cursor) }),
    output: Type.Object({ nextCursor: Nullable(Cursor) }),
    errors: [],
    timeoutMs: 60_000,
  }),
  exportUserFromRooms: operation({
    service: 'rooms',
    summary: 'What rooms and the directory know of a user',
    input: Type.Object({ userId: UserId, cursor: Type.Optional(Cursor) }),
    output: PersonalRecords,
    errors: [],
    timeoutMs: 10_000,
  }),
}
