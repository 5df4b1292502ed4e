import { Type } from 'typebox'
import { Presence, User } from '../../schemas/entities.ts'
import { PageOf, Paging, Result, RoomId, Text, UserId } from '../../schemas/values.ts'
import { forClients } from '../operation.ts'

/** The directory as people use it. */
export const userOperations = forClients('rooms', {
  searchUsers: {
    summary: 'People whose nickName holds a keyword',
    input: Type.Object({
      keyword: Text(1, 100),
      ...Paging,
    }),
    output: PageOf(User),
    rate: 'read',
  },
  blockUser: {
    summary: 'Keep someone from inviting the caller or making rooms with them, and mark their messages',
    input: Type.Object({ userId: UserId }),
    output: Result,
    errors: ['WRONG_TARGET_USER_IDS', 'USER_NO_EXISTS'],
  },
  unblockUser: {
    summary: 'Take a block back',
    input: Type.Object({ userId: UserId }),
    output: Result,
  },
  listBlocked: {
    summary: 'Everybody whom the caller has blocked',
    input: Type.Object({}),
    output: Type.Object({ list: Type.Array(User) }),
    rate: 'read',
  },
  typing: {
    summary: 'Show the other one in a room of two that the caller is typing, or has stopped',
    input: Type.Object({ roomId: RoomId, isTyping: Type.Boolean() }),
    output: Result,
    errors: [
      'ROOM_NO_EXISTS',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'TYPING_ONLY_IN_ONE_TO_ONE',
      'USER_IS_MUTED',
    ],
  },
  queryPresence: {
    summary: 'Who of those that share a room with the caller is connected, and when the others last were',
    input: Type.Object({ userIds: Type.Array(UserId, { maxItems: 100 }) }),
    output: Type.Object({ list: Type.Array(Presence) }),
    rate: 'read',
  },
})
