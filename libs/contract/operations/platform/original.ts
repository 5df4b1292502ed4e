import { Type } from 'typebox'
import { Room } from '../../schemas/entities.ts'
import { OneRoom, UserId } from '../../schemas/ids.ts'
import { newRoom, PlatformUser } from '../../schemas/shapes.ts'
import { forServices } from '../operation.ts'
import { FROZEN, NEW_ROOM } from '../refusals.ts'

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
