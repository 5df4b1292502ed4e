import { Readable } from 'node:stream'
import { MAX_EXPIRES_IN_S, mintToken } from '@chat/service'
import { Type } from 'typebox'
import { exported } from '../privacy/personal-data.ts'
import { acting, type Route } from './route.ts'

const tag = 'users'
const one = '/v1/users/{userId}'
const UserId = Type.String({ minLength: 1, maxLength: 128 })

const TokenWish = Type.Object({
  userId: UserId,
  /** In seconds; an hour without it. */
  expiresIn: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_EXPIRES_IN_S })),
  nickName: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  profileUrl: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
})

export const userRoutes: Route[] = [
  { method: 'post', path: '/v1/users', tag, status: 201, operation: 'createUser' },
  { method: 'get', path: one, tag, operation: 'getUser' },
  { method: 'patch', path: one, tag, operation: 'updateUser' },
  acting<{ userId: string }>({
    ...{ method: 'delete', path: one, tag, name: 'eraseUser' },
    summary:
      'Erase a user: what they wrote is emptied, and nothing tells who they were. Asked again, it goes on; RUNNING: it goes on by itself',
    input: Type.Object({ userId: UserId }),
    output: Type.Object({ state: Type.Enum(['DONE', 'RUNNING']) }),
    errors: [],
    act: async ({ erasures }, { userId }) => ({ state: await erasures.erase(userId) }),
  }),
  acting<{ userId: string; expiresIn?: number; nickName?: string; profileUrl?: string }>({
    ...{ method: 'post', path: `${one}/token`, tag, name: 'mintToken' },
    summary: 'Mint a token for a user, who enters the directory',
    input: TokenWish,
    output: Type.Object({ token: Type.String(), expiresAt: Type.String() }),
    errors: ['FORBIDDEN'],
    act: async ({ ask, auth }, { expiresIn, ...profile }) => {
      await ask('saveUser', profile)
      return mintToken(auth, profile.userId, expiresIn)
    },
  }),
  { method: 'post', path: `${one}/revoke`, tag, operation: 'revokeTokens' },
  acting<{ userId: string }>({
    ...{ method: 'get', path: `${one}/export`, tag, name: 'exportUser' },
    summary: 'Everything that is stored about a user, as one download',
    input: Type.Object({ userId: UserId }),
    output: Type.Object({
      userId: UserId,
      exportedAt: Type.String(),
      records: Type.Array(Type.Object({ kind: Type.String(), value: Type.Unsafe({ type: 'object' }) })),
    }),
    errors: ['USER_NO_EXISTS'],
    act: async ({ ask, webhooks }, { userId }) => {
      await ask('getUser', { userId })
      return Readable.from(exported(ask, userId, webhooks.webhookErasure.collect(userId)))
    },
  }),
]
