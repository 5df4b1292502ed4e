import { Type } from 'typebox'
import { UserId } from '../../schemas/ids.ts'
import { Profile, UserEntry } from '../../schemas/shapes.ts'
import { Timestamp } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

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
