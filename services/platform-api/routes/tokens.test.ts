import type { Room } from '@chat/contract'
import { connectPlain, type PlainClient, startTestStack, type TestStack, testApiKey } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { decodeJwt } from 'jose'

let stack: TestStack
const clients: PlainClient[] = []

beforeAll(async () => {
  stack = await startTestStack()
})
afterAll(async () => {
  for (const client of clients) client.close()
  await stack?.close()
})

type Minted = { success: boolean; error: string; data: { token: string; expiresAt: string } }
const mint = async (
  userId: string,
  body: unknown = {},
  encode: (id: string) => string = encodeURIComponent,
) => {
  const answer = await stack.post(`/v1/users/${encode(userId)}/token`, body)
  return { status: answer.status, ...(answer.body as Minted) }
}
const enter = async (token: string) => {
  const client = await connectPlain(stack.gatewayUrl, token)
  clients.push(client)
  return client
}
const secondsLeft = (expiresAt: string) => (Date.parse(expiresAt) - Date.now()) / 1000

test('a token connects, and is valid for an hour', async () => {
  const { status, success, data } = await mint('alice')
  expect({ status, success }).toEqual({ status: 200, success: true })
  expect(secondsLeft(data.expiresAt)).toBeGreaterThan(3_590)
  expect(secondsLeft(data.expiresAt)).toBeLessThanOrEqual(3_600)
  expect(decodeJwt(data.token)).toMatchObject({ sub: 'alice', exp: Date.parse(data.expiresAt) / 1000 })
  expect(await (await enter(data.token)).ask('listenRooms', null)).toMatchObject({ success: true })
})

test('a request without a body takes the defaults', async () => {
  for (const headers of [{}, { 'content-type': 'application/json' }] as Record<string, string>[]) {
    const answer = await fetch(`${stack.platformUrl}/v1/users/alice/token`, {
      method: 'POST',
      headers: { 'chat-api-key': testApiKey, ...headers },
    })
    expect(answer.status).toBe(200)
    const { data } = (await answer.json()) as Minted
    expect(secondsLeft(data.expiresAt)).toBeGreaterThan(3_590)
  }
})

test('expiresIn is honoured, in seconds', async () => {
  for (const expiresIn of [1, 60, 86_400, 365 * 86_400]) {
    const { data } = await mint('alice', { expiresIn })
    expect(secondsLeft(data.expiresAt)).toBeGreaterThan(expiresIn - 10)
    expect(secondsLeft(data.expiresAt)).toBeLessThanOrEqual(expiresIn)
  }
  expect(secondsLeft((await mint('alice', { expiresIn: null })).data.expiresAt)).toBeGreaterThan(3_590)
})

test.each([0, -1, 1.5, '60', true, [], [60], {}, 1e300, 10 * 365 * 86_400 + 1])(
  'expiresIn %j is 400',
  async (expiresIn) => {
    expect(await mint('alice', { expiresIn })).toMatchObject({
      status: 400,
      success: false,
      error: 'INVALID_REQUEST',
      data: null,
    })
  },
)

test.each([
  { nickName: '' },
  { nickName: 5 },
  { nickName: 'x'.repeat(101) },
  { nickName: '\ud800' },
  { profileUrl: {} },
  { profileUrl: 'x'.repeat(2_049) },
])('the profile %j is 400', async (profile) => {
  expect(await mint('alice', profile)).toMatchObject({ status: 400, error: 'INVALID_REQUEST' })
})

test.each([
  'a/b',
  '🙂',
  'a b',
  '50%',
  'a?b#c',
  '../users',
  '*',
  '>',
  '$where',
  '__proto__',
  'x'.repeat(128),
  '한글',
  '%2F',
  ' ',
])('the id %j is percent-encoded in the path', async (userId) => {
  // `..` itself is resolved by HTTP clients before it is sent.
  const encode = (id: string) => encodeURIComponent(id).replaceAll('.', '%2E')
  if (userId === '..') return
  const { data } = await mint(userId, { nickName: 'Odd' }, encode)
  expect(decodeJwt(data.token).sub).toBe(userId)
  const client = await enter(data.token)
  await mint('friend')
  const room = await client.get<Room>('createNewRoom', { users: ['friend'], name: 'Room' })
  expect(room.joinUsers.find((user) => user._id === userId)).toMatchObject({ nickName: 'Odd', master: true })
})

test.each(['x'.repeat(129), 'a\n', '\u0000', '\u007f'])('the id %j is 400', async (userId) => {
  expect(await mint(userId)).toMatchObject({ status: 400, error: 'INVALID_REQUEST' })
})

test('an id that is not UTF-8 never causes an internal error', async () => {
  for (const path of ['%E0%A4%A', '%ff', '%', '%zz']) {
    const { status } = await mint(path, {}, (id) => id)
    expect([200, 400, 404]).toContain(status)
  }
})

test('a minted token adds the user to the directory; a second one updates only the given fields', async () => {
  await mint('dora', { nickName: 'Dora', profileUrl: 'https://a.example/d.png' })
  await mint('dora', { nickName: 'Dora II', profileUrl: null })
  const client = await enter((await mint('erik')).data.token)
  const room = await client.get<Room>('createNewRoom', { users: ['dora', 'nobody'], name: 'Room' })
  const shown = new Map(room.joinUsers.map((user) => [user._id, [user.nickName, user.profileUrl]]))
  expect(shown).toEqual(
    new Map<string, (string | null)[]>([
      ['dora', ['Dora II', 'https://a.example/d.png']],
      ['erik', ['erik', null]],
    ]),
  )
})

test('no token is minted if another party issues the tokens', async () => {
  const auth = {
    secret: null,
    jwksUrl: 'http://127.0.0.1:1/keys',
    issuer: null,
    audience: null,
    userClaim: 'sub',
  }
  const other = await startTestStack({ config: { auth } })
  try {
    const answer = await other.post('/v1/users/alice/token', {})
    expect(answer).toMatchObject({ status: 403, body: { success: false, error: 'FORBIDDEN' } })
  } finally {
    await other.close()
  }
})

test('a minted token has the issuer, audience and user claim that connections require', async () => {
  const auth = { ...stack.config.auth, issuer: 'https://us.example', audience: 'chat', userClaim: 'uid' }
  const other = await startTestStack({ config: { auth } })
  try {
    const { body } = await other.post('/v1/users/alice/token', {})
    const client = await connectPlain(other.gatewayUrl, (body as Minted).data.token)
    clients.push(client)
    expect(await client.ask('listenRooms', null)).toMatchObject({ success: true })
  } finally {
    await other.close()
  }
})
