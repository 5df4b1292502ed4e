import { Type } from 'typebox'
import {
  Author,
  JoinUser,
  Link,
  Message,
  PartialRules,
  Presence,
  Room,
  RoomLook,
  RoomType,
  Rules,
  User,
} from '../schemas/entities.ts'
import { newRoom, PlatformUser, UserEntry } from '../schemas/platform-values.ts'
import {
  Cursor,
  IssuedAt,
  Limit,
  LongText,
  MentionedIds,
  MessageId,
  Name,
  Nullable,
  Result,
  RoomId,
  Seq,
  Targets,
  Text,
  Timestamp,
  Url,
  UserId,
} from '../schemas/values.ts'
import { operation } from './operation.ts'

const RoomPage = Type.Object({ list: Type.Array(Room), nextCursor: Nullable(Cursor) })
const listFilter = {
  roomType: Type.Optional(RoomType),
  linkSid: Type.Optional(Text(1, 128)),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
}
/** A message that mentions somebody, and which of its states (`updatedAt`) says so. */
const MentionMark = Type.Object({ seq: Seq, at: Timestamp })

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
      lastChange: Seq,
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
      users: Targets,
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

const TargetsOfRoom = { roomId: RoomId, targetUserIds: Targets }
const RoomResult = Type.Object({ result: Type.Boolean(), room: Room })
const MASTERS_ONLY = ['ROOM_NO_EXISTS', 'USER_IS_NOT_MASTER', 'WRONG_TARGET_USER_IDS'] as const

/** Who is in a room, and who may do what there. */
export const memberOperations = {
  leaveOutRoom: operation({
    service: 'rooms',
    event: 'leaveOutRoom',
    summary: 'End the own membership; a leaving last master hands over to the longest-standing member',
    input: RoomId,
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'ROOM_RULES_CAN_NOT_LEAVE'],
  }),
  inviteRoom: operation({
    service: 'rooms',
    event: 'inviteRoom',
    summary: 'Add people to a room',
    input: Type.Object(TargetsOfRoom),
    output: RoomResult,
    errors: [
      'ROOM_NO_EXISTS',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
      'WRONG_TARGET_USER_IDS',
      'JOIN_USER_ALREADY_EXISTS',
      'USER_IS_BANNED',
      'ROOM_IS_FULL',
    ],
    timeoutMs: 10_000,
  }),
  kickOutUsers: operation({
    service: 'rooms',
    event: 'kickOutUsers',
    summary: 'Take members out of a room, and with `ban` keep them out',
    input: Type.Object({ ...TargetsOfRoom, ban: Type.Optional(Type.Boolean()) }),
    output: Result,
    errors: MASTERS_ONLY,
    timeoutMs: 10_000,
  }),
  unbanUsers: operation({
    service: 'rooms',
    event: 'unbanUsers',
    summary: 'Let banned people be invited again',
    input: Type.Object(TargetsOfRoom),
    output: Result,
    errors: MASTERS_ONLY,
    timeoutMs: 10_000,
  }),
  muteUsers: operation({
    service: 'rooms',
    event: 'muteUsers',
    summary: 'Take members the right to write, for a time or for good',
    input: Type.Object({
      ...TargetsOfRoom,
      minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 5_256_000 })),
    }),
    output: Result,
    errors: MASTERS_ONLY,
    timeoutMs: 10_000,
  }),
  unmuteUsers: operation({
    service: 'rooms',
    event: 'unmuteUsers',
    summary: 'Give muted members the right to write again',
    input: Type.Object(TargetsOfRoom),
    output: Result,
    errors: MASTERS_ONLY,
    timeoutMs: 10_000,
  }),
  setMasters: operation({
    service: 'rooms',
    event: 'setMasters',
    summary: 'Make members masters, or masters members; the caller remains one',
    input: Type.Object({ ...TargetsOfRoom, master: Type.Boolean() }),
    output: RoomResult,
    errors: MASTERS_ONLY,
    timeoutMs: 10_000,
  }),
  roomAlarmTurnOnOff: operation({
    service: 'rooms',
    event: 'roomAlarmTurnOnOff',
    summary: 'Turn the own alarm for a room on or off; without `alarmOn` the other way round',
    input: Type.Object({ roomId: RoomId, alarmOn: Type.Optional(Type.Boolean()) }),
    output: Type.Object({ result: Type.Boolean(), alarmOn: Type.Boolean() }),
    errors: ['ROOM_NO_EXISTS'],
  }),
  setAnnouncement: operation({
    service: 'rooms',
    event: 'setAnnouncement',
    summary: 'Pin a message or a text above the room; neither clears it',
    input: Type.Object({
      roomId: RoomId,
      messageId: Type.Optional(MessageId),
      text: Type.Optional(LongText),
    }),
    output: RoomResult,
    errors: [
      'ROOM_NO_EXISTS',
      'USER_IS_NOT_MASTER',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'MESSAGE_NO_EXISTS',
      'MESSAGE_TOO_LONG',
      'MESSAGE_HAS_BANNED_WORD',
    ],
  }),
  listMembers: operation({
    service: 'rooms',
    event: 'listMembers',
    summary: 'Members of a room that the caller may see, by nickName and state',
    input: Type.Object({
      roomId: RoomId,
      keyword: Type.Optional(Text(1, 100)),
      state: Type.Optional(Type.Enum(['JOINED', 'BANNED', 'MUTED'])),
      limit: Type.Optional(Limit),
      cursor: Type.Optional(Cursor),
    }),
    output: Type.Object({ list: Type.Array(JoinUser), nextCursor: Nullable(Cursor) }),
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
  }),
}

/** The directory as people use it. */
export const userOperations = {
  searchUsers: operation({
    service: 'rooms',
    event: 'searchUsers',
    summary: 'People whose nickName holds a keyword',
    input: Type.Object({
      keyword: Text(1, 100),
      limit: Type.Optional(Limit),
      cursor: Type.Optional(Cursor),
    }),
    output: Type.Object({ list: Type.Array(User), nextCursor: Nullable(Cursor) }),
    errors: [],
    rate: 'read',
  }),
  blockUser: operation({
    service: 'rooms',
    event: 'blockUser',
    summary: 'Keep someone from inviting the caller or making rooms with them, and mark their messages',
    input: Type.Object({ userId: UserId }),
    output: Result,
    errors: ['WRONG_TARGET_USER_IDS', 'USER_NO_EXISTS'],
  }),
  unblockUser: operation({
    service: 'rooms',
    event: 'unblockUser',
    summary: 'Take a block back',
    input: Type.Object({ userId: UserId }),
    output: Result,
    errors: [],
  }),
  listBlocked: operation({
    service: 'rooms',
    event: 'listBlocked',
    summary: 'Everybody whom the caller has blocked',
    input: Type.Object({}),
    output: Type.Object({ list: Type.Array(User) }),
    errors: [],
    rate: 'read',
  }),
  typing: operation({
    service: 'rooms',
    event: 'typing',
    summary: 'Show the other one in a room of two that the caller is typing, or has stopped',
    input: Type.Object({ roomId: RoomId, isTyping: Type.Boolean() }),
    output: Result,
    errors: [
      'ROOM_NO_EXISTS',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'TYPING_ONLY_IN_ONE_TO_ONE',
      'USER_IS_MUTED',
    ],
  }),
  queryPresence: operation({
    service: 'rooms',
    event: 'queryPresence',
    summary: 'Who of those that share a room with the caller is connected, and when the others last were',
    input: Type.Object({ userIds: Type.Array(UserId, { maxItems: 100 }) }),
    output: Type.Object({ list: Type.Array(Presence) }),
    errors: [],
    rate: 'read',
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
  }),
  viewRooms: operation({
    service: 'rooms',
    summary: 'Rooms as broadcasts carry them, for an edge that may have missed one',
    input: Type.Object({
      /** `since`: how far the least of those who look has read. */
      rooms: Type.Array(Type.Object({ roomId: RoomId, since: Seq }), { maxItems: 1000 }),
    }),
    output: Type.Object({ rooms: Type.Array(RoomLook) }),
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
      /** Null where they are not muted. */
      mutedUntil: Nullable(Timestamp),
    }),
    errors: ['ROOM_NO_EXISTS'],
  }),
  roomFacts: operation({
    service: 'rooms',
    summary: 'What must be known of a room to post in it without being a member',
    input: RoomId,
    output: Type.Object({ memberCount: Type.Integer(), isFrozen: Type.Boolean() }),
    errors: ['ROOM_NO_EXISTS'],
  }),
  resolveMentions: operation({
    service: 'rooms',
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
    errors: [],
  }),
  noteSeen: operation({
    service: 'rooms',
    summary: 'Who is connected to an edge, and who has just gone from it',
    input: Type.Object({
      present: Type.Array(UserId, { maxItems: 1000 }),
      left: Type.Array(UserId, { maxItems: 1000 }),
    }),
    output: Result,
    errors: [],
    timeoutMs: 10_000,
  }),
  blocksOf: operation({
    service: 'rooms',
    summary: 'Whom a user has blocked',
    input: UserId,
    output: Type.Object({ blocked: Type.Array(UserId) }),
    errors: [],
  }),
  roomsOfUser: operation({
    service: 'rooms',
    summary: 'The rooms that a user is in, and from when on their tokens are good',
    input: UserId,
    output: Type.Object({ roomIds: Type.Array(RoomId), issuedFrom: Nullable(IssuedAt) }),
    errors: [],
  }),
  describeUsers: operation({
    service: 'rooms',
    summary: 'What the directory knows of some users now; those it does not know are left out',
    input: Type.Object({ userIds: Type.Array(UserId, { maxItems: 1000 }) }),
    output: Type.Object({ users: Type.Array(User) }),
    errors: [],
  }),
  readersOf: operation({
    service: 'rooms',
    summary: 'Which present members have read a message, as far as the caller may see them',
    input: Type.Object({ roomId: RoomId, seq: Seq, authorId: UserId }),
    output: Type.Object({ read: Type.Array(User), unread: Type.Array(User) }),
    errors: ['ROOM_NO_EXISTS'],
  }),
  noteChange: operation({
    service: 'rooms',
    summary: 'Take in at once what happened to a message, which comes by the stream as well',
    input: Message,
    output: Result,
    errors: [],
  }),
  recountRoom: operation({
    service: 'rooms',
    summary: "Rebuild a room's last message and its set of gone messages from the messages",
    input: RoomId,
    output: Type.Object({ lastSeq: Seq, gone: Type.Integer(), isChanged: Type.Boolean() }),
    errors: ['ROOM_NO_EXISTS'],
    timeoutMs: 60_000,
  }),
  listRoomIds: operation({
    service: 'rooms',
    summary: 'The ids of all rooms, a page at a time',
    input: Type.Object({ after: Type.Optional(RoomId) }),
    output: Type.Object({ roomIds: Type.Array(RoomId), total: Type.Integer() }),
    errors: [],
  }),
  inspectUser: operation({
    service: 'rooms',
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
  }),
  countUnread: operation({
    service: 'rooms',
    summary: 'How many present members have not read each of these messages',
    input: Type.Object({
      messages: Type.Array(Type.Object({ roomId: RoomId, seq: Seq, authorId: UserId }), { maxItems: 1000 }),
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
    input: newRoom(Type.Enum(['GROUP', 'INQUIRY'])),
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
