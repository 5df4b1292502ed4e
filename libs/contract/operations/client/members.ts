import { Type } from 'typebox'
import { JoinUser, Room } from '../../schemas/entities.ts'
import { LongText, MessageId, PageOf, Paging, Result, RoomId, Targets, Text } from '../../schemas/values.ts'
import { forClients } from '../operation.ts'

const TargetsOfRoom = { roomId: RoomId, targetUserIds: Targets }
const RoomResult = Type.Object({ result: Type.Boolean(), room: Room })
const MASTERS_ONLY = ['ROOM_NO_EXISTS', 'USER_IS_NOT_MASTER', 'WRONG_TARGET_USER_IDS'] as const

/** Membership and moderation. */
export const memberOperations = forClients('rooms', {
  leaveOutRoom: {
    summary: 'Leave a room for good; the last master hands over to the longest-standing member',
    input: RoomId,
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'ROOM_RULES_CAN_NOT_LEAVE'],
  },
  inviteRoom: {
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
  },
  kickOutUsers: {
    summary: 'Remove members from a room; `ban` keeps them out',
    input: Type.Object({ ...TargetsOfRoom, ban: Type.Optional(Type.Boolean()) }),
    output: Result,
    errors: MASTERS_ONLY,
    timeoutMs: 10_000,
  },
  unbanUsers: {
    summary: 'Lift bans',
    input: Type.Object(TargetsOfRoom),
    output: Result,
    errors: MASTERS_ONLY,
    timeoutMs: 10_000,
  },
  muteUsers: {
    summary: 'Mute members, for a time or for good',
    input: Type.Object({
      ...TargetsOfRoom,
      minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 5_256_000 })),
    }),
    output: Result,
    errors: MASTERS_ONLY,
    timeoutMs: 10_000,
  },
  unmuteUsers: {
    summary: 'Unmute members',
    input: Type.Object(TargetsOfRoom),
    output: Result,
    errors: MASTERS_ONLY,
    timeoutMs: 10_000,
  },
  setMasters: {
    summary: 'Make members masters, or masters members; the caller remains one',
    input: Type.Object({ ...TargetsOfRoom, master: Type.Boolean() }),
    output: RoomResult,
    errors: MASTERS_ONLY,
    timeoutMs: 10_000,
  },
  roomAlarmTurnOnOff: {
    summary: "Turn the caller's alarm for a room on or off; without `alarmOn` toggle it",
    input: Type.Object({ roomId: RoomId, alarmOn: Type.Optional(Type.Boolean()) }),
    output: Type.Object({ result: Type.Boolean(), alarmOn: Type.Boolean() }),
    errors: ['ROOM_NO_EXISTS'],
  },
  setAnnouncement: {
    summary: "Set a message or a text as the room's announcement; without both, clear it",
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
  },
  listMembers: {
    summary: 'Members of a room that the caller may see, by nickName and state',
    input: Type.Object({
      roomId: RoomId,
      keyword: Type.Optional(Text(1, 100)),
      state: Type.Optional(Type.Enum(['JOINED', 'BANNED', 'MUTED'])),
      ...Paging,
    }),
    output: PageOf(JoinUser),
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
  },
})
