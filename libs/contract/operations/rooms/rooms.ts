import { Type } from 'typebox'
import { Link, PartialRules, Room, RoomType } from '../../schemas/entities.ts'
import { Epoch, MessageId, OneMessage, OneRoom, RoomId, Seq, Targets } from '../../schemas/ids.ts'
import { Keyword, RoomResult, RoomSettings } from '../../schemas/shapes.ts'
import { Count, Name, Nullable, optional, PageOf, Paging, Text, Url } from '../../schemas/values.ts'
import { FROZEN, forClients, NO_MESSAGE } from '../operation.ts'

const RoomPage = PageOf(Room)
const listFilter = { ...optional({ roomType: RoomType, linkSid: Text(1, 128) }), ...Paging }

export const roomOperations = forClients('rooms', {
  listenRooms: {
    summary: "The caller's rooms, newest activity first",
    input: Type.Object(listFilter),
    output: RoomPage,
    rate: 'read',
  },
  queryRooms: {
    summary: "Search the caller's rooms by room name, link name and members' nickNames",
    input: Type.Object({ keyword: Keyword, ...listFilter }),
    output: RoomPage,
    rate: 'read',
  },
  joinRoom: {
    summary: 'Open a room on this socket and mark everything in it read',
    input: RoomId,
    output: Type.Object({
      result: Type.Boolean(),
      lastReadMessageId: Nullable(MessageId),
      unReadMsgCount: Count,
      lastSeq: Seq,
      lastChange: Seq,
      epoch: Epoch,
    }),
    errors: ['ROOM_NO_EXISTS'],
  },
  leaveRoom: {
    summary: 'Close a room on this socket; membership stays',
    input: RoomId,
    errors: ['ROOM_NO_EXISTS'],
  },
  createNewRoom: {
    summary: 'Make a room whose master is the caller',
    input: Type.Object({
      users: Targets,
      name: Name,
      ...optional({ rules: PartialRules, profileUrl: Url, link: Link }),
    }),
    output: Room,
    errors: ['WRONG_TARGET_USER_IDS', 'ROOM_IS_FULL'],
    timeoutMs: 10_000,
  },
  updateReadMessage: {
    summary: "Move the caller's cursor forward to a message",
    input: Type.Object(OneMessage),
    output: Type.Object({ result: Type.Boolean(), unReadMsgCount: Count }),
    errors: NO_MESSAGE,
  },
  updateRoomSetting: {
    summary: "Change a room's name, picture or rules; freeze and unfreeze it",
    input: Type.Object({ ...OneRoom, updateData: Type.Object(RoomSettings) }),
    output: RoomResult,
    errors: [...FROZEN, 'USER_IS_NOT_MASTER'],
  },
})
