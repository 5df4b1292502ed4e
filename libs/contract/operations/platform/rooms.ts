import { Type } from 'typebox'
import { Announcement, PartialRules, Room, RoomType } from '../../schemas/entities.ts'
import { newRoom } from '../../schemas/platform-values.ts'
import {
  FreeForm,
  LongText,
  MessageId,
  Name,
  Nullable,
  PageOf,
  Paging,
  Result,
  RoomId,
  Text,
  Url,
  UserId,
} from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

export const FROZEN = ['ROOM_NO_EXISTS', 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED'] as const

/** Rooms. A platform is a member of none. */
export const platformRooms = forServices('rooms', {
  createRoom: {
    summary: 'Make a room of any type, with its people and perhaps its first message',
    input: newRoom(RoomType),
    output: Room,
    errors: ['ROOM_ALREADY_EXISTS', 'ROOM_IS_FULL', 'MESSAGE_TOO_LONG'],
    timeoutMs: 15_000,
  },
  listRooms: {
    summary: 'Rooms of a user, of a link, or all of them, in the order of their ids',
    input: Type.Object({
      userId: Type.Optional(UserId),
      linkSid: Type.Optional(Text(1, 128)),
      ...Paging,
    }),
    output: PageOf(Room),
    timeoutMs: 10_000,
  },
  getRoom: {
    summary: 'One room, with up to 100 of its members',
    input: Type.Object({ roomId: RoomId }),
    output: Room,
    errors: ['ROOM_NO_EXISTS'],
  },
  updateRoom: {
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
  },
  deleteRoom: {
    summary: 'Remove all members and delete the room with its messages and files',
    input: Type.Object({ roomId: RoomId }),
    output: Result,
    errors: ['ROOM_NO_EXISTS'],
    timeoutMs: 60_000,
  },
  getAnnouncement: {
    summary: 'The announcement of a room',
    input: Type.Object({ roomId: RoomId }),
    output: Type.Object({ announcement: Nullable(Announcement) }),
    errors: ['ROOM_NO_EXISTS'],
  },
  putAnnouncement: {
    summary: "Set a message of the room, or a user's text, as its announcement",
    input: Type.Object({
      roomId: RoomId,
      messageId: Type.Optional(MessageId),
      text: Type.Optional(LongText),
      /** The text's author; required without `messageId`. */
      authorId: Type.Optional(UserId),
    }),
    output: Type.Object({ announcement: Nullable(Announcement) }),
    errors: [...FROZEN, 'MESSAGE_NO_EXISTS', 'MESSAGE_TOO_LONG'],
  },
  removeAnnouncement: {
    summary: 'Remove the announcement of a room',
    input: Type.Object({ roomId: RoomId }),
    output: Type.Object({ announcement: Nullable(Announcement) }),
    errors: FROZEN,
  },
})
