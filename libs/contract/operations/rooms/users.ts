import { Type } from 'typebox'
import { Presence, User } from '../../schemas/entities.ts'
import { OneRoom, UserId } from '../../schemas/ids.ts'
import { Keyword, UserEntry } from '../../schemas/shapes.ts'
import { FreeForm, Name, optional, PageOf, Paging, Timestamp, Url } from '../../schemas/values.ts'
import { forClients, forServices, MAY_NOT_POST } from '../operation.ts'

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
    errors: [...MAY_NOT_POST, 'TYPING_ONLY_IN_ONE_TO_ONE'],
  },
  queryPresence: {
    summary: 'The presence of users who share a room with the caller',
    input: Type.Object({ userIds: Type.Array(UserId, { maxItems: 100 }) }),
    output: Type.Object({ list: Type.Array(Presence) }),
    rate: 'read',
  },
})

const Profile = optional({ nickName: Name, profileUrl: Url, meta: FreeForm })

export const platformUsers = forServices('rooms', {
  createUser: {
    summary: 'Create a user, or change the given fields of one who exists',
    input: Type.Object({ _id: UserId, ...Profile }),
    output: UserEntry,
  },
  getUser: {
    summary: "A user's directory entry",
    input: Type.Object({ userId: UserId }),
    output: UserEntry,
    errors: ['USER_NO_EXISTS'],
  },
  updateUser: {
    summary: "Change a user's name, picture or meta",
    input: Type.Object({ userId: UserId, ...Profile }),
    output: UserEntry,
    errors: ['USER_NO_EXISTS'],
  },
  revokeTokens: {
    summary: 'Revoke all tokens of a user that were issued so far, and close the sockets they opened',
    input: Type.Object({ userId: UserId }),
    /** Tokens issued from this moment on are valid. */
    output: Type.Object({ result: Type.Boolean(), issuedFrom: Timestamp }),
    errors: ['USER_NO_EXISTS'],
    timeoutMs: 10_000,
  },
})
