import { type TProperties, Type } from 'typebox'
import { JoinUser, Room } from '../../schemas/entities.ts'
import { MessageId, OneMember, OneRoom, RoomId, Targets } from '../../schemas/ids.ts'
import { Keyword, PlatformUser, RoomResult } from '../../schemas/shapes.ts'
import { LongText, MuteMinutes, Nullable, optional, PageOf, Paging } from '../../schemas/values.ts'
import { BAD_TEXT, FROZEN, forClients, forServices } from '../operation.ts'

const MemberFilter = Type.Object({
  ...OneRoom,
  ...optional({ keyword: Keyword, state: Type.Enum(['JOINED', 'BANNED', 'MUTED']) }),
  ...Paging,
})
/** A user's membership of a room; `member` is null for a non-member. */
const Member = Type.Object({ member: Nullable(JoinUser), banned: Type.Boolean() })
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
      ...FROZEN,
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
    errors: [...FROZEN, 'USER_IS_NOT_MASTER', 'MESSAGE_NO_EXISTS', ...BAD_TEXT],
  },
  listMembers: {
    summary: 'Members of a room that the caller may see, by nickName and state',
    input: MemberFilter,
    output: PageOf(JoinUser),
    errors: ['ROOM_NO_EXISTS'],
    rate: 'read',
  },
})

export const platformMembers = forServices('rooms', {
  addMembers: {
    summary: 'Add people to a room, whatever its rules say about inviting',
    input: Type.Object({
      ...OneRoom,
      users: Type.Array(PlatformUser, { minItems: 1, maxItems: 10_000 }),
    }),
    output: Room,
    errors: [...FROZEN, 'JOIN_USER_ALREADY_EXISTS', 'USER_IS_BANNED', 'ROOM_IS_FULL'],
    timeoutMs: 10_000,
  },
  listRoomMembers: {
    summary: 'Members, or banned or muted users, in the order of their ids',
    input: MemberFilter,
    output: PageOf(JoinUser),
    errors: ['ROOM_NO_EXISTS'],
  },
  getMember: {
    summary: "A user's membership of a room",
    input: Type.Object(OneMember),
    output: Member,
    errors: ['ROOM_NO_EXISTS', 'USER_NO_EXISTS'],
  },
  updateMember: {
    summary: 'Make a member master or not, mute or unmute a member, ban or unban a user',
    input: Type.Object({
      ...OneMember,
      ...optional({ master: Type.Boolean(), muted: Type.Boolean(), minutes: MuteMinutes }),
      ...optional({ banned: Type.Boolean() }),
    }),
    output: Member,
    errors: ['ROOM_NO_EXISTS', 'USER_NO_EXISTS', 'WRONG_TARGET_USER_IDS'],
    timeoutMs: 10_000,
  },
  removeMember: {
    summary: 'Take a member out of a room',
    input: Type.Object(OneMember),
    errors: ['ROOM_NO_EXISTS', 'USER_NO_EXISTS'],
    timeoutMs: 10_000,
  },
})
