import { Type } from 'typebox'
import { Announcement, Room, RoomType } from '../../schemas/entities.ts'
import { MessageId, OneRoom, UserId } from '../../schemas/ids.ts'
import { newRoom, RoomSettings } from '../../schemas/shapes.ts'
import { FreeForm, LongText, Nullable, optional, PageOf, Paging, Text } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'
import { FROZEN, NEW_ROOM } from '../refusals.ts'

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
