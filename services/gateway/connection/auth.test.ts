import type { JoinUser, Room } from '@chat/contract'
import {
  connectAs,
  connectPlain,
  eventually,
  mintToken,
  type PlainClient,
  startTestStack,
  type TestStack,
  testSecret,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

const auth = {
  secret: testSecret,
  jwksUrl: null,
  issuer: 'https://issuer.example',
  audience: 'chat',
  userClaim: 'uid',
}
const inAnHour = () => Math.floor(Date.now() / 1000) + 3_600

let stack: TestStack
const clients: PlainClient[] = []

beforeAll(async () => {
  stack = await startTestStack({ config: { auth } })
})
afterAll(async () => {
  for (const client of clients) client.close()
  await stack?.close()
})

const good = (userId: string) => ({ uid: userId, iss: auth.issuer, aud: auth.audience })
const signed = (claims: Record<string, unknown>, secret = testSecret) =>
  mintToken(secret, { ...good('alice'), ...claims })

async function enter(token: unknown) {
  const client = await connectPlain(stack.gatewayUrl, token)
  clients.push(client)
  return client
}
const refusal = (token: unknown) =>
  enter(token).then(
    () => 'let in',
    (error: { data?: { code?: string } }) => error.data?.code,
  )

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const unsigned = (header: object) => `${part(header)}.${part({ ...good('alice'), exp: inAnHour() })}.`

test('the configured claim names the user', async () => {
  const client = await enter(await signed({ sub: 'somebody-else' }))
  const other = await enter(await signed(good('bob')))
  const room = await client.get<Room>('createNewRoom', { users: ['bob'], name: 'Room' })
  expect(room.joinUsers.map((user) => user._id).sort()).toEqual(['alice', 'bob'])
  other.close()
})

test('the audience may be one of several in the token', async () => {
  expect(await refusal(await signed({ aud: ['other', 'chat'] }))).toBe('let in')
})

test.each<[string, () => unknown]>([
  ['a wrong secret', () => signed({}, 'another-secret-that-is-long-enough-too')],
  [
    'a changed payload',
    async () => (await signed({})).replace(/\.[^.]+\./, `.${part({ ...good('bob'), exp: inAnHour() })}.`),
  ],
  ['no signature', async () => (await signed({})).replace(/[^.]+$/, '')],
  ['alg none', () => unsigned({ alg: 'none' })],
  ['alg None', () => unsigned({ alg: 'None', typ: 'JWT' })],
  ['no alg', () => unsigned({})],
  ['an alg of a wrong type', () => unsigned({ alg: ['HS256'] })],
  ['alg __proto__', () => unsigned({ alg: '__proto__' })],
  ['an asymmetric alg without a key set', () => unsigned({ alg: 'RS256' })],
  ['a wrong audience', () => signed({ aud: 'other' })],
  ['no audience', () => signed({ aud: undefined })],
  ['a wrong issuer', () => signed({ iss: 'https://evil.example' })],
  ['no issuer', () => signed({ iss: undefined })],
  ['no expiry', () => signed({ exp: undefined })],
  ['an expiry that is no number', () => signed({ exp: '9999999999' as never })],
  ['not yet valid', () => signed({ nbf: inAnHour() })],
  ['no user claim', () => signed({ uid: undefined, sub: 'alice' })],
  ['a user id that is no string', () => signed({ uid: 5 })],
  ['a user id that is a list', () => signed({ uid: ['alice'] })],
  ['an empty user id', () => signed({ uid: '' })],
  ['a user id of 129 units', () => signed({ uid: 'x'.repeat(129) })],
  ['a zero byte in the user id', () => signed({ uid: 'a\u0000' })],
  ['a line break in the user id', () => signed({ uid: 'alice\n' })],
  ['a C1 control in the user id', () => signed({ uid: 'a\u0085' })],
  ['a lone surrogate in the user id', () => signed({ uid: 'a\ud800' })],
  ['no JWT', () => 'token'],
  ['dots', () => '..'],
  ['three parts that are no JSON', () => 'a.b.c'],
  ['a token with its scheme', async () => `Bearer ${await stack.token('alice')}`],
  ['an empty string', () => ''],
  ['a long string', () => 'x'.repeat(100_000)],
  ['a number', () => 5],
  ['null', () => null],
  ['nothing', () => undefined],
  ['an object', () => ({ token: 'x' })],
  ['a list with a good token', async () => [await signed({})]],
  ['bytes', async () => Buffer.from(await signed({}))],
])('%s is TOKEN_INVALID', async (_, token) => {
  expect(await refusal(await token())).toBe('TOKEN_INVALID')
})

test('an expired token is TOKEN_EXPIRED', async () => {
  const now = Math.floor(Date.now() / 1000)
  for (const exp of [now - 1, now - 3_600, 1, -1])
    expect(await refusal(await signed({ exp }))).toBe('TOKEN_EXPIRED')
})

test('a wrong signature is TOKEN_INVALID even if the token has expired', async () => {
  expect(await refusal(await signed({ exp: 1 }, 'another-secret-that-is-long-enough-too'))).toBe(
    'TOKEN_INVALID',
  )
})

test('a token that expires in 2099 connects and stays connected', async () => {
  const client = await enter(await signed({ exp: Date.UTC(2099, 0) / 1000 }))
  // A timer whose delay overflows fires within a millisecond.
  for (let n = 0; n < 20; n++) expect(await client.ask('listenRooms', null)).toMatchObject({ success: true })
  expect(client.payloads('tokenExpired')).toEqual([])
})

test('a socket gets tokenExpired and is disconnected when its token expires', async () => {
  const exp = Math.floor(Date.now() / 1000) + 2
  const client = await enter(await signed({ ...good('mayfly'), exp }))
  const staying = await enter(await signed(good('mayfly')))
  const reason = await new Promise((resolve) => client.socket.once('disconnect', resolve))
  expect(reason).toBe('io server disconnect')
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000)
  expect(Date.now()).toBeLessThan((exp + 5) * 1000)
  expect(client.payloads('tokenExpired')).toEqual([{ userId: 'mayfly' }])
  // Other sockets of the user stay connected.
  expect(await staying.ask('listenRooms', null)).toMatchObject({ success: true })
  expect(staying.payloads('tokenExpired')).toEqual([])
})

const seenBy = async (client: PlainClient, userId: string): Promise<JoinUser | undefined> => {
  const { list } = await client.get<{ list: Room[] }>('listenRooms', null)
  return list[0]?.joinUsers.find((user) => user._id === userId)
}

test('claims create and update the directory entry, whose name defaults to the id', async () => {
  const plain = await startTestStack()
  try {
    const watcher = await connectAs(plain, 'watcher')
    const visit = async (claims: Record<string, unknown>) =>
      (await connectPlain(plain.gatewayUrl, await plain.token('visitor', claims))).close()
    const looksLike = (nickName: string, profileUrl: string | null) =>
      eventually(async () => expect(await seenBy(watcher, 'visitor')).toMatchObject({ nickName, profileUrl }))

    await visit({})
    await watcher.get('createNewRoom', { users: ['visitor'], name: 'Room' })
    await looksLike('visitor', null)
    await visit({ nickName: 'Vis', profileUrl: 'https://a.example/v.png' })
    await looksLike('Vis', 'https://a.example/v.png')
    // A claim that is absent or not a string leaves the entry as it was.
    await visit({ nickName: 5, profileUrl: { $ne: 1 } })
    await looksLike('Vis', 'https://a.example/v.png')
    await visit({ name: 'OpenID', picture: 'https://a.example/o.png' })
    await looksLike('OpenID', 'https://a.example/o.png')
    await visit({ nickName: '$name', name: 'ignored' })
    await looksLike('$name', 'https://a.example/o.png')
    await visit({ nickName: 'x'.repeat(101) })
    await looksLike('x'.repeat(100), 'https://a.example/o.png')
    watcher.close()
  } finally {
    await plain.close()
  }
})
