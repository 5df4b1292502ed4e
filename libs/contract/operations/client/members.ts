import { type TProperties, Type } from 'typebox'
import { JoinUser } from '../../schemas/entities.ts'
import { MessageId, OneRoom, RoomId, Targets } from '../../schemas/ids.ts'
import { MemberFilter, RoomResult } from '../../schemas/shapes.ts'
import { LongText, MuteMinutes, optional, PageOf } from '../../schemas/values.ts'
import { forClients } from '../operation.ts'
import { BAD_TEXT } from '../refusals.ts'

const TargetsOfRoom = { ...OneRoom, targetUserIds: Targets }

const byMaster = <I extends TProperties>(summary: string, more: I) => ({
  summary,
  input: Type.Object({ ...TargetsOfRoom, ...more }),
  errors: ['ROOM_NO_EXISTS', 'USER_IS_NOT_MASTER', 'WRONG_TARGET_USER_IDS'] as const,
  timeoutMs: 10_000,
})

export const memberOperations = forClients('rooms', {
  leaveOutRoom: {
    summary: 'Leave a room for good; the last master hands over to the longest-standing member',
    input: RoomId,
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
  kickOutUsers: byMaster(
    'Remove members from a room; `ban` keeps them out',
    optional({ ban: Type.Boolean() }),
  ),
  unbanUsers: byMaster('Lift bans', {}),
  muteUsers: byMaster('Mute members, for a time or for good', optional({ minutes: MuteMinutes })),
  unmuteUsers: byMaster('Unmute members', {}),
  setMasters: {
    ...byMaster('Make members masters, or masters members; the caller remains one', {
      master: Type.Boolean(),
    }),
    output: RoomResult,
  },
  roomAlarmTurnOnOff: {
    summary: "Turn the caller's alarm for a room on or off; without `alarmOn` toggle it",
    input: Type.Object({ ...OneRoom, ...optional({ alarmOn: Type.Boolean() }) }),
    output: Type.Object({ result: Type.Boolean(), alarmOn: Type.Boolean() }),
    errors: ['ROOM_NO_EXISTS'],
  },
  setAnnouncement: {
    summary: "Set a message or a text as the room's announcement; without both, clear it",
    input: Type.Object({ ...OneRoom, ...optional({ messageId: MessageId, text: LongText }) }),
    output: RoomResult,
    errors: [
      'ROOM_NO_EXISTS',
      'USER_IS_NOT_MASTER',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'MESSAGE_NO_EXISTS',
      ...BAD_TEXT,
    ],
  },
  listMembers: {
    summary: 'Members of a room that the caller may see, by nickName and state',
    input: MemberFilter,
    output: PageOf(JoinUser),
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
  },
})
