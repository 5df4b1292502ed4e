import { Type } from 'typebox'
import { Author, JoinUser, Link, PartialRules, Room, RoomType, Rules } from './entities.ts'
import { operation } from './operation.ts'
import {
  Cursor,
  FreeForm,
  Limit,
  MessageId,
  Name,
  Nullable,
  RoomId,
  Seq,
  Text,
  Url,
  UserId,
} from './values.ts'

const Result = Type.Object({ result: Type.Boolean() })
const RoomPage = Type.Object({ list: Type.Array(Room), nextCursor: Nullable(Cursor) })
const listFilter = {
  roomType: Type.Optional(RoomType),
  linkSid: Type.Optional(Text(1, 128)),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
}
const PlatformUser = Type.Object({
  _id: UserId,
  nickName: Name,
  profileUrl: Type.Optional(Url),
  master: Type.Optional(Type.Boolean()),
  meta: Type.Optional(FreeForm),
})

/** One member's standing in a room, as edges and other services need it. */
export const Membership = Type.Object({
  roomId: RoomId,
  member: JoinUser,
  readSeq: Seq,
})

/** What the rooms service does for clients. */
export const roomOperations = {
  listenRooms: operation({
    service: 'rooms',
    event: 'listenRooms',
    summary: "The caller's rooms, newest activity first",
    input: Type.Object(listFilter),
    output: RoomPage,
    errors: [],
    rate: 'read',
  }),
  queryRooms: operation({
    service: 'rooms',
    event: 'queryRooms',
    summary: "Search the caller's rooms by room name, link name and members' nickNames",
    input: Type.Object({ keyword: Text(1, 100), ...listFilter }),
    output: RoomPage,
    errors: [],
    rate: 'read',
  }),
  joinRoom: operation({
    service: 'rooms',
    event: 'joinRoom',
    summary: 'Open a room on this socket and mark everything in it read',
    input: RoomId,
    output: Type.Object({
      result: Type.Boolean(),
      lastReadMessageId: Nullable(MessageId),
      unReadMsgCount: Type.Integer({ minimum: 0 }),
      lastSeq: Seq,
    }),
    errors: ['ROOM_NO_EXISTS'],
  }),
  leaveRoom: operation({
    service: 'rooms',
    event: 'leaveRoom',
    summary: 'Close a room on this socket; membership stays',
    input: RoomId,
    output: Result,
    errors: ['ROOM_NO_EXISTS'],
  }),
  createNewRoom: operation({
    service: 'rooms',
    event: 'createNewRoom',
    summary: 'Make a room whose master is the caller',
    input: Type.Object({
      users: Type.Array(UserId, { maxItems: 10_000 }),
      name: Name,
      rules: Type.Optional(PartialRules),
      profileUrl: Type.Optional(Url),
      link: Type.Optional(Link),
    }),
    output: Room,
    errors: ['WRONG_TARGET_USER_IDS', 'ROOM_IS_FULL'],
    timeoutMs: 10_000,
  }),
  updateReadMessage: operation({
    service: 'rooms',
    event: 'updateReadMessage',
    summary: "Move the caller's cursor forward to a message",
    input: Type.Object({ roomId: RoomId, messageId: MessageId }),
    output: Type.Object({ result: Type.Boolean(), unReadMsgCount: Type.Integer({ minimum: 0 }) }),
    errors: ['ROOM_NO_EXISTS', 'MESSAGE_NO_EXISTS'],
  }),
  updateRoomSetting: operation({
    service: 'rooms',
    event: 'updateRoomSetting',
    summary: "Change a room's name, picture or rules; freeze and unfreeze it",
    input: Type.Object({
      roomId: RoomId,
      updateData: Type.Object({
        name: Type.Optional(Name),
        rules: Type.Optional(PartialRules),
        profileUrl: Type.Optional(Url),
      }),
    }),
    output: Type.Object({ result: Type.Boolean(), room: Room }),
    errors: ['ROOM_NO_EXISTS', 'USER_IS_NOT_MASTER', 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED'],
  }),
}

/** What the rooms service does for edges and other services. */
export const roomInternals = {
  openSession: operation({
    service: 'rooms',
    summary: 'Who the user is and which rooms they are in; refreshes their directory entry',
    input: Type.Object({
      nickName: Type.Optional(Name),
      profileUrl: Type.Optional(Url),
      roomId: Type.Optional(RoomId),
    }),
    output: Type.Object({
      rooms: Type.Array(Type.Object({ ...Membership.properties, lastSeq: Seq })),
    }),
    errors: [],
    timeoutMs: 10_000,
  }),
  viewRooms: operation({
    service: 'rooms',
    summary: 'Rooms as broadcasts carry them, for an edge that may have missed one',
    input: Type.Object({ roomIds: Type.Array(RoomId, { maxItems: 1000 }) }),
    output: Type.Object({
      rooms: Type.Array(Room),
    }),
    errors: [],
  }),
  roomAccess: operation({
    service: 'rooms',
    summary: 'May this user write in this room, and as whom',
    input: Type.Object({ roomId: RoomId, userId: UserId }),
    output: Type.Object({
      author: Author,
      master: Type.Boolean(),
      rules: Rules,
      memberCount: Type.Integer(),
    }),
    errors: ['ROOM_NO_EXISTS'],
  }),
  countUnread: operation({
    service: 'rooms',
    summary: 'How many present members have not read each of these messages',
    input: Type.Object({
      roomId: RoomId,
      messages: Type.Array(Type.Object({ seq: Seq, authorId: UserId }), { maxItems: 1000 }),
    }),
    output: Type.Object({ counts: Type.Array(Type.Integer()) }),
    errors: [],
  }),
  saveUser: operation({
    service: 'rooms',
    summary: 'Put a user in the directory, or refresh what is known of them',
    input: Type.Object({
      userId: UserId,
      nickName: Type.Optional(Name),
      profileUrl: Type.Optional(Url),
    }),
    output: Result,
    errors: [],
  }),
  createRoomWithMessage: operation({
    service: 'rooms',
    summary: 'A platform makes a room, with its first message',
    input: Type.Object({
      name: Name,
      profileUrl: Type.Optional(Url),
      roomType: Type.Enum(['GROUP', 'INQUIRY']),
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
            content: Type.Object({ text: Text(1, 1_000_000) }),
          }),
        }),
      ),
      meta: Type.Optional(FreeForm),
    }),
    output: Room,
    errors: ['ROOM_ALREADY_EXISTS', 'ROOM_IS_FULL', 'MESSAGE_TOO_LONG'],
    timeoutMs: 15_000,
  }),
  inviteUsers: operation({
    service: 'rooms',
    summary: 'A platform adds users to a room on behalf of a master',
    input: Type.Object({
      roomId: RoomId,
      inviterId: UserId,
      joinUsers: Type.Array(PlatformUser, { maxItems: 10_000 }),
    }),
    output: Room,
    errors: [
      'ROOM_NO_EXISTS',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
      'INVITER_ID_IS_NOT_MASTER',
      'JOIN_USERS_EMPTY',
      'ROOM_IS_FULL',
    ],
    timeoutMs: 10_000,
  }),
}
