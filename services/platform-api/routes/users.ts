import { Readable } from 'node:stream'
import { MAX_EXPIRES_IN_S, mintToken } from '@chat/service'
import { Type } from 'typebox'
import { personalData } from '../privacy/personal-data.ts'
import { exportDeliveries } from '../webhooks/erasure.ts'
import { handled, tagged } from './route.ts'

const one = '/v1/users/{userId}'
const UserId = Type.String({ minLength: 1, maxLength: 128 })

const TokenInput = Type.Object({
  userId: UserId,
  /** In seconds; an hour by default. */
  expiresIn: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_EXPIRES_IN_S })),
  nickName: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  profileUrl: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
})

export const userRoutes = tagged('users', [
  { method: 'post', path: '/v1/users', status: 201, operation: 'createUser' },
  { method: 'get', path: one, operation: 'getUser' },
  { method: 'patch', path: one, operation: 'updateUser' },
  handled('delete', one, {
    name: 'eraseUser',
    summary:
      'Erase a user: their messages are emptied and nothing stored identifies them. RUNNING: the erasure goes on by itself; ask again to learn when it is done',
    input: Type.Object({ userId: UserId }),
    output: Type.Object({ state: Type.Enum(['DONE', 'RUNNING']) }),
    handle: async ({ erasures }, { userId }) => ({ state: await erasures.erase(userId) }),
  }),
  handled('post', `${one}/token`, {
    name: 'mintToken',
    summary: 'Mint a token for a user and put them into the directory',
    input: TokenInput,
    output: Type.Object({ token: Type.String(), expiresAt: Type.String() }),
    errors: ['FORBIDDEN'],
    handle: async ({ ask, auth }, { expiresIn, ...profile }) => {
      await ask('saveUser', profile)
      return mintToken(auth, profile.userId, expiresIn)
    },
  }),
  { method: 'post', path: `${one}/revoke`, operation: 'revokeTokens' },
  handled('get', `${one}/export`, {
    name: 'exportUser',
    summary: 'Everything that is stored about a user, as one download',
    input: Type.Object({ userId: UserId }),
    output: Type.Object({
      userId: UserId,
      exportedAt: Type.String(),
      records: Type.Array(Type.Object({ kind: Type.String(), value: Type.Unsafe({ type: 'object' }) })),
    }),
    errors: ['USER_NO_EXISTS'],
    handle: async ({ ask, webhooks }, { userId }) => {
      await ask('getUser', { userId })
      return Readable.from(personalData(ask, userId, exportDeliveries(webhooks, userId)))
    },
  }),
])
