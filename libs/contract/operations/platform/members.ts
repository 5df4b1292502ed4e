import { Type } from 'typebox'
import { JoinUser, Room } from '../../schemas/entities.ts'
import { Member, PlatformUser } from '../../schemas/platform-values.ts'
import { PageOf, Paging, Result, RoomId, Text, UserId } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'
import { FROZEN } from './rooms.ts'

const One = { roomId: RoomId, userId: UserId }

/** Members of a room. */
export const platformMembers = forServices('rooms', {
  addMembers: {
    summary: 'Add people to a room, whatever its rules say about inviting',
    input: Type.Object({
      roomId: RoomId,
      users: Type.Array(PlatformUser, { minItems: 1, maxItems: 10_000 }),
    }),
    output: Room,
    errors: [...FROZEN, 'JOIN_USER_ALREADY_EXISTS', 'USER_IS_BANNED', 'ROOM_IS_FULL'],
    timeoutMs: 10_000,
  },
  listRoomMembers: {
    summary: 'Members, or banned or muted users, in the order of their ids',
    input: Type.Object({
      roomId: RoomId,
      keyword: Type.Optional(Text(1, 100)),
      state: Type.Optional(Type.Enum(['JOINED', 'BANNED', 'MUTED'])),
      ...Paging,
    }),
    output: PageOf(JoinUser),
    errors: ['ROOM_NO_EXISTS'],
  },
  getMember: {
    summary: "A user's membership of a room",
    input: Type.Object(One),
    output: Member,
    errors: ['ROOM_NO_EXISTS', 'USER_NO_EXISTS'],
  },
  updateMember: {
    summary: 'Make a member master or not, mute or unmute a member, ban or unban a user',
    input: Type.Object({
      ...One,
      master: Type.Optional(Type.Boolean()),
      muted: Type.Optional(Type.Boolean()),
      /** How long a mute lasts; for good if absent. */
      minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 5_256_000 })),
      banned: Type.Optional(Type.Boolean()),
    }),
    output: Member,
    errors: ['ROOM_NO_EXISTS', 'USER_NO_EXISTS', 'WRONG_TARGET_USER_IDS'],
    timeoutMs: 10_000,
  },
  removeMember: {
    summary: 'Take a member out of a room',
    input: Type.Object(One),
    output: Result,
    errors: ['ROOM_NO_EXISTS', 'USER_NO_EXISTS'],
    timeoutMs: 10_000,
  },
})
