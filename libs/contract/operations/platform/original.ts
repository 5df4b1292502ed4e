import { Type } from 'typebox'
import { Room } from '../../schemas/entities.ts'
import { newRoom, PlatformUser } from '../../schemas/platform-values.ts'
import { RoomId, UserId } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

/** The two calls of the original document. They enter through `/chat`, not `/v1`. */
export const originalOperations = forServices('rooms', {
  createRoomWithMessage: {
    summary: 'A platform makes a room, with its first message',
    input: newRoom(Type.Enum(['GROUP', 'INQUIRY'])),
    output: Room,
    errors: ['ROOM_ALREADY_EXISTS', 'ROOM_IS_FULL', 'MESSAGE_TOO_LONG'],
    timeoutMs: 15_000,
  },
  inviteUsers: {
    summary: 'A platform adds users to a room on behalf of a master',
    input: Type.Object({
      roomId: RoomId,
      inviterId: UserId,
      joinUsers: Type.Array(PlatformUser, { maxItems: 10_000 }),
    }),
    output: Room,
    errors: [
      'ROOM_NO_EXISTS',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
      'INVITER_ID_IS_NOT_MASTER',
      'JOIN_USERS_EMPTY',
      'ROOM_IS_FULL',
    ],
    timeoutMs: 10_000,
  },
})
