import { Type } from 'typebox'
import { Announcement, Room, RoomType } from '../../schemas/entities.ts'
import { MessageId, OneRoom, UserId } from '../../schemas/ids.ts'
import { newRoom, PlatformUser, RoomSettings } from '../../schemas/shapes.ts'
import { FreeForm, LongText, Nullable, optional, PageOf, Paging, Text } from '../../schemas/values.ts'
import { FROZEN, forServices, NEW_ROOM } from '../operation.ts'

const AnnouncementOfRoom = Type.Object({ announcement: Nullable(Announcement) })

/** Rooms. A platform is a member of none. */
export const platformRooms = forServices('rooms', {
  createRoom: {
    summary: 'Make a room of any type, with its people and perhaps its first message',
    input: newRoom(RoomType),
    output: Room,
    errors: NEW_ROOM,
    timeoutMs: 15_000,
  },
  listRooms: {
    summary: 'Rooms of a user, of a link, or all of them, in the order of their ids',
    input: Type.Object({ ...optional({ userId: UserId, linkSid: Text(1, 128) }), ...Paging }),
    output: PageOf(Room),
    timeoutMs: 10_000,
  },
  getRoom: {
    summary: 'One room, with up to 100 of its members',
    input: Type.Object(OneRoom),
    output: Room,
    errors: ['ROOM_NO_EXISTS'],
  },
  updateRoom: {
    summary: "Change a room's name, picture, rules or meta; freeze and unfreeze it",
    input: Type.Object({ ...OneRoom, ...RoomSettings, ...optional({ meta: FreeForm }) }),
    output: Room,
    errors: FROZEN,
  },
  deleteRoom: {
    summary: 'Remove all members and delete the room with its messages and files',
    input: Type.Object(OneRoom),
    errors: ['ROOM_NO_EXISTS'],
    timeoutMs: 60_000,
  },
  getAnnouncement: {
    summary: 'The announcement of a room',
    input: Type.Object(OneRoom),
    output: AnnouncementOfRoom,
    errors: ['ROOM_NO_EXISTS'],
  },
  putAnnouncement: {
    summary: "Set a message of the room, or a user's text, as its announcement",
    input: Type.Object({
      ...OneRoom,
      ...optional({ messageId: MessageId, text: LongText }),
      /** The text's author; required without `messageId`. */
      ...optional({ authorId: UserId }),
    }),
    output: AnnouncementOfRoom,
    errors: [...FROZEN, 'MESSAGE_NO_EXISTS', 'MESSAGE_TOO_LONG'],
  },
  removeAnnouncement: {
    summary: 'Remove the announcement of a room',
    input: Type.Object(OneRoom),
    output: AnnouncementOfRoom,
    errors: FROZEN,
  },
})

/** The two calls of the original document. They enter through `/chat`, not `/v1`. */
export const originalOperations = forServices('rooms', {
  createRoomWithMessage: {
    summary: 'A platform makes a room, with its first message',
    input: newRoom(Type.Enum(['GROUP', 'INQUIRY'])),
    output: Room,
    errors: NEW_ROOM,
    timeoutMs: 15_000,
  },
  inviteUsers: {
    summary: 'A platform adds users to a room on behalf of a master',
    input: Type.Object({
      ...OneRoom,
      inviterId: UserId,
      joinUsers: Type.Array(PlatformUser, { maxItems: 10_000 }),
    }),
    output: Room,
    errors: [
      ...FROZEN,
      'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
      'INVITER_ID_IS_NOT_MASTER',
      'JOIN_USERS_EMPTY',
      'ROOM_IS_FULL',
    ],
    timeoutMs: 10_000,
  },
})
