import { Type } from 'typebox'
import { Profile, UserEntry } from '../../schemas/platform-values.ts'
import { Timestamp, UserId } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

/** The directory as a platform keeps it. */
export const platformUsers = forServices('rooms', {
  createUser: {
    summary: 'Put a user in the directory; of one who is there already what is given is changed',
    input: Type.Object({ _id: UserId, ...Profile }),
    output: UserEntry,
  },
  getUser: {
    summary: 'What the directory knows of a user',
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
    summary: 'Refuse all tokens of a user that were issued until now, and close the sockets that they opened',
    input: Type.Object({ userId: UserId }),
    /** Tokens issued from then on are good. */
    output: Type.Object({ result: Type.Boolean(), issuedFrom: Timestamp }),
    errors: ['USER_NO_EXISTS'],
    timeoutMs: 10_000,
  },
})
