import { createLogger, createMetrics, openBus } from '@chat/service'
import { startTestStack, type TestStack, testApiKey } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { start } from '../service.ts'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack()
})
afterAll(async () => {
  await stack?.close()
})

const room = { name: 'Room', roomType: 'GROUP', joinUsers: [{ _id: 'alice', nickName: 'Alice' }] }
const paths = ['/chat/room', '/chat/inviteUsers', '/v1/users/alice/token']

/** A request with no headers but the given ones. */
const call = (path: string, init: RequestInit = {}) =>
  fetch(`${stack.platformUrl}${path}`, { method: 'POST', ...init })
const json = { 'content-type': 'application/json', 'chat-api-key': testApiKey }

test.each(paths)('%s without a valid key is 401, whatever the body', async (path) => {
  const keys = [
    '',
    'wrong',
    `${testApiKey}x`,
    testApiKey.slice(1),
    testApiKey.toUpperCase(),
    `${testApiKey},other`,
  ]
  for (const headers of [{}, ...keys.map((key) => ({ 'chat-api-key': key }))]) {
    for (const body of ['{}', 'not json', '[]', JSON.stringify(room)]) {
      const answer = await call(path, { headers: { 'content-type': 'application/json', ...headers }, body })
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ success: false, error: 'UNAUTHORIZED', data: null })
    }
  }
  expect((await call(path, { headers: { authorization: `Bearer ${testApiKey}` } })).status).toBe(401)
  expect((await call(`${path}?chat-api-key=${testApiKey}`)).status).toBe(401)
})

test('without a key, unknown paths answer 401 like known ones', async () => {
  expect((await call('/nope')).status).toBe(401)
  expect((await call('/chat/room', { method: 'GET' })).status).toBe(401)
})

test.each(['/nope', '/chat', '/chat/room/', '/v1/users', '/v1/users//token', '/%E0%A4%A', '/__proto__'])(
  'the path %s answers in the envelope',
  async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const answer = await call(path, { method, headers: { 'chat-api-key': testApiKey } })
      expect([400, 404, 405]).toContain(answer.status)
      expect(await answer.json()).toMatchObject({ success: false, error: 'INVALID_REQUEST' })
    }
  },
)

test.each(paths)('%s: a malformed body is 400', async (path) => {
  const bodies = [
    'not json',
    '{',
    '{"a":1',
    '[]',
    '[{}]',
    '"text"',
    '5',
    'true',
    'null',
    '\u0000',
    '{"a":1}}',
    `${'['.repeat(50_000)}`,
  ]
  for (const body of bodies) {
    const answer = await call(path, { headers: json, body })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ success: false, error: 'INVALID_REQUEST', data: null })
  }
})

test.each(paths)(
  '%s: a body without a JSON content type is 400, and so is a missing body where one is required',
  async (path) => {
    const types: Record<string, string>[] = [
      json,
      { 'chat-api-key': testApiKey },
      { ...json, 'content-type': 'text/plain' },
      { ...json, 'content-type': 'application/x-www-form-urlencoded' },
      { ...json, 'content-type': 'nonsense' },
      { ...json, 'content-encoding': 'gzip' },
      { ...json, 'content-encoding': 'nonsense' },
    ]
    for (const headers of types) {
      const bodies = [
        ...(path.startsWith('/chat') ? [''] : []),
        ...(headers === json ? [] : [JSON.stringify(room)]),
      ]
      for (const body of bodies) {
        const answer = await call(path, { headers, body: body || null })
        expect(answer.status).toBe(400)
        expect(await answer.json()).toMatchObject({ success: false, error: 'INVALID_REQUEST' })
      }
    }
  },
)

test('a giant body is 400, and the next request is answered', async () => {
  const body = JSON.stringify({ ...room, padding: 'x'.repeat(6_000_000) })
  const answer = await call('/chat/room', { headers: json, body })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ error: 'INVALID_REQUEST' })
  expect((await call('/chat/room', { headers: json, body: JSON.stringify(room) })).status).toBe(200)
})

const wrongRooms = {
  'no name': { ...room, name: undefined },
  'a null name': { ...room, name: null },
  'a name of 101 units': { ...room, name: 'x'.repeat(101) },
  'a wrong roomType': { ...room, roomType: 'ALARM' },
  'no joinUsers': { ...room, joinUsers: [] },
  'joinUsers of a wrong type': { ...room, joinUsers: 'alice' },
  'joinUsers of ids': { ...room, joinUsers: ['alice'] },
  'a user without a nickName': { ...room, joinUsers: [{ _id: 'alice' }] },
  'a user id with a control character': { ...room, joinUsers: [{ _id: 'a\n', nickName: 'a' }] },
  'a master of a wrong type': { ...room, joinUsers: [{ _id: 'alice', nickName: 'a', master: 'yes' }] },
  'user meta with an operator': { ...room, joinUsers: [{ _id: 'alice', nickName: 'a', meta: { $set: 1 } }] },
  'a link without a name': { ...room, link: { sid: 's' } },
  'an unknown rule': { ...room, rules: { canDance: true } },
  'a message without a text': {
    ...room,
    message: { author: { authorId: 'a' }, data: { type: 'TEXT', content: {} } },
  },
  'a message of a wrong type': {
    ...room,
    message: { author: { authorId: 'a' }, data: { type: 'PHOTO', content: { text: 'x' } } },
  },
  'a message without an author': { ...room, message: { data: { type: 'TEXT', content: { text: 'x' } } } },
}
test.each(Object.entries(wrongRooms))('/chat/room with %s is 400', async (_, body) => {
  const answer = await stack.post('/chat/room', body)
  expect(answer).toMatchObject({
    status: 400,
    body: { success: false, error: 'INVALID_REQUEST', data: null },
  })
})

test('unknown fields are dropped, and null counts as absent', async () => {
  const extra = '"constructor":1,"toString":1,"$where":1,"lastSeq":9,"message":null,"link":null,"meta":null'
  const { status, body } = await stack.post(
    '/chat/room',
    `{"name":"Room","roomType":"GROUP",${extra},"joinUsers":[{"_id":"alice","nickName":"A","profileUrl":null,"admin":1}]}`,
  )
  expect(status).toBe(200)
  expect(body).toMatchObject({ name: 'Room', lastSeq: 0, link: null, meta: null, lastMessage: null })
  for (const key of ['toString', 'constructor', '$where']) expect(Object.hasOwn(body, key)).toBe(false)
})

test('a body with __proto__ anywhere is refused, and constructor.prototype pollutes nothing', async () => {
  const post = (field: string) => stack.post('/chat/room', `{${field},${JSON.stringify(room).slice(1)}`)
  for (const field of ['"__proto__":{"a":1}', '"meta":{"in":[{"__proto__":1}]}']) {
    expect(await post(field)).toMatchObject({ status: 400, body: { error: 'INVALID_REQUEST' } })
  }
  expect(await post('"constructor":{"prototype":{"a":1}}')).toMatchObject({ status: 200 })
  expect(({} as { a?: number }).a).toBeUndefined()
})

test('several keys are valid at once, and each failure carries its request id', async () => {
  const logger = createLogger('silent')
  const metrics = createMetrics()
  const api = await start({
    config: { ...stack.config, apiKeys: ['old-key', 'new-key'], platformPort: 0 },
    mongoUrl: stack.mongoUrl,
    database: `${stack.root}_platform`,
    logger,
    metrics,
    openBus: () =>
      openBus({
        natsUrl: stack.natsUrl,
        name: 'keys',
        root: stack.root,
        logger,
        metrics,
        requestTimeoutMs: 2_000,
      }),
  })
  try {
    const url = `http://127.0.0.1:${api.port}/chat/room`
    const ask = (key: string, body: unknown) =>
      fetch(url, { method: 'POST', headers: { ...json, 'chat-api-key': key }, body: JSON.stringify(body) })
    for (const key of ['old-key', 'new-key']) expect((await ask(key, room)).status).toBe(200)
    for (const key of [testApiKey, 'old-key,new-key', 'old-key, new-key', 'OLD-KEY'])
      expect((await ask(key, room)).status).toBe(401)
    const failure = await ask('new-key', {})
    expect(await failure.json()).toMatchObject({ requestId: failure.headers.get('x-request-id') })
  } finally {
    await api.close()
  }
})

test('an unknown path is 404, one that cannot be decoded is 400', async () => {
  expect(await stack.post('/v1/nowhere', {})).toMatchObject({ status: 404, body: { success: false } })
  expect(await stack.post('/v1/users/%/token', {})).toMatchObject({
    status: 400,
    body: { error: 'INVALID_REQUEST' },
  })
})
