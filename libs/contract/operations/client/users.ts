import { Type } from 'typebox'
import { Presence, User } from '../../schemas/entities.ts'
import { OneRoom, UserId } from '../../schemas/ids.ts'
import { Keyword } from '../../schemas/shapes.ts'
import { PageOf, Paging } from '../../schemas/values.ts'
import { forClients } from '../operation.ts'

export const userOperations = forClients('rooms', {
  searchUsers: {
    summary: 'Users whose nickName contains a keyword',
    input: Type.Object({ keyword: Keyword, ...Paging }),
    output: PageOf(User),
    rate: 'read',
  },
  blockUser: {
    summary: 'Block a user: they cannot invite the caller, and their messages are marked',
    input: Type.Object({ userId: UserId }),
    errors: ['WRONG_TARGET_USER_IDS', 'USER_NO_EXISTS'],
  },
  unblockUser: {
    summary: 'Unblock a user',
    input: Type.Object({ userId: UserId }),
  },
  listBlocked: {
    summary: 'The users whom the caller has blocked',
    input: Type.Object({}),
    output: Type.Object({ list: Type.Array(User) }),
    rate: 'read',
  },
  typing: {
    summary: 'Tell the other member of a room of two that the caller is typing, or has stopped',
    input: Type.Object({ ...OneRoom, isTyping: Type.Boolean() }),
    errors: [
      'ROOM_NO_EXISTS',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      'TYPING_ONLY_IN_ONE_TO_ONE',
      'USER_IS_MUTED',
    ],
  },
  queryPresence: {
    summary: 'The presence of users who share a room with the caller',
    input: Type.Object({ userIds: Type.Array(UserId, { maxItems: 100 }) }),
    output: Type.Object({ list: Type.Array(Presence) }),
    rate: 'read',
  },
})
