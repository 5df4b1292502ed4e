import { Type } from 'typebox'
import { Link, PartialRules, Room, RoomType } from '../../schemas/entities.ts'
import {
  MessageId,
  Name,
  Nullable,
  PageOf,
  Paging,
  Result,
  RoomId,
  Seq,
  Targets,
  Text,
  Url,
} from '../../schemas/values.ts'
import { forClients } from '../operation.ts'

const RoomPage = PageOf(Room)
const listFilter = {
  roomType: Type.Optional(RoomType),
  linkSid: Type.Optional(Text(1, 128)),
  ...Paging,
}

/** What the rooms service does for clients. */
export const roomOperations = forClients('rooms', {
  listenRooms: {
    summary: "The caller's rooms, newest activity first",
    input: Type.Object(listFilter),
    output: RoomPage,
    rate: 'read',
  },
  queryRooms: {
    summary: "Search the caller's rooms by room name, link name and members' nickNames",
    input: Type.Object({ keyword: Text(1, 100), ...listFilter }),
    output: RoomPage,
    rate: 'read',
  },
  joinRoom: {
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
  },
  leaveRoom: {
    summary: 'Close a room on this socket; membership stays',
    input: RoomId,
    output: Result,
    errors: ['ROOM_NO_EXISTS'],
  },
  createNewRoom: {
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
  },
  updateReadMessage: {
    summary: "Move the caller's cursor forward to a message",
    input: Type.Object({ roomId: RoomId, messageId: MessageId }),
    output: Type.Object({ result: Type.Boolean(), unReadMsgCount: Type.Integer({ minimum: 0 }) }),
    errors: ['ROOM_NO_EXISTS', 'MESSAGE_NO_EXISTS'],
  },
  updateRoomSetting: {
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
  },
})
