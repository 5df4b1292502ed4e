import { Type } from 'typebox'
import { JoinUser, Room } from '../../schemas/entities.ts'
import { OneMember, OneRoom } from '../../schemas/ids.ts'
import { Member, MemberFilter, PlatformUser } from '../../schemas/shapes.ts'
import { MuteMinutes, optional, PageOf } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'
import { FROZEN } from '../refusals.ts'

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
