import type { Message, Room } from '@chat/contract'
import { eventually, openDatabase, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { digestOf } from './admission.ts'

let stack: TestStack
let room: Room
beforeAll(async () => {
  stack = await startTestStack({ config: { apiKeys: ['key-of-the-tests', 'another-key'] } })
  const { body } = await stack.call('POST', '/v1/rooms', newRoom('room'))
  room = (body as { data: Room }).data
})
afterAll(() => stack?.close())

const newRoom = (name: string) => ({
  ...{ name, roomType: 'INQUIRY', joinUsers: [{ _id: 'ann', nickName: 'Ann' }] },
})
const post = (path: string, body: object, key: string, more = {}) =>
  stack.call('POST', path, body, { 'idempotency-key': key, ...more })
const message = (text: string) => ({ author: { authorId: 'ann' }, data: { type: 'TEXT', content: { text } } })
const messages = async () => {
  const { body } = await stack.call('GET', `/v1/rooms/${room._id}/messages?limit=100`)
  return (body as { data: { list: Message[] } }).data.list.map(({ data }) => data.content.text)
}

test('a repeat gets the same answer and is carried out once', async () => {
  const first = await post('/v1/rooms', newRoom('once'), 'k1')
  const again = await post('/v1/rooms', newRoom('once'), 'k1')
  expect(first.status).toBe(201)
  expect([again.status, again.body]).toEqual([first.status, first.body])
})

test('without an Idempotency-Key each request is carried out', async () => {
  const [one, two] = [
    await stack.call('POST', '/v1/rooms', newRoom('x')),
    await stack.call('POST', '/v1/rooms', newRoom('x')),
  ]
  expect(one.body).not.toEqual(two.body)
})

test('concurrent repeats are carried out once', async () => {
  const path = `/v1/rooms/${room._id}/messages`
  // On a slow machine a repeat may get SERVICE_UNAVAILABLE.
  const again = () =>
    eventually(async () => {
      const answer = await post(path, message('raced'), 'k2')
      expect(answer.status).toBe(201)
      return answer
    })
  const answers = await Promise.all(Array.from({ length: 12 }, again))
  const ids = answers.map(({ body }) => (body as { data: { message: Message } }).data.message._id)
  expect(new Set(ids).size).toBe(1)
  expect((await messages()).filter((text) => text === 'raced')).toHaveLength(1)
})

test('another request with the same key is refused, one with another API key is not', async () => {
  await post('/v1/rooms', newRoom('mine'), 'k3')
  for (const [path, body] of [
    ['/v1/rooms', newRoom('other')],
    ['/v1/users', newRoom('mine')],
  ] as const)
    expect(await post(path, body, 'k3')).toMatchObject({ status: 400, body: { error: 'INVALID_REQUEST' } })
  const other = await post('/v1/rooms', newRoom('theirs'), 'k3', { 'chat-api-key': 'another-key' })
  expect(other.status).toBe(201)
})

test('a repeat of a final failure gets the same answer, too', async () => {
  const path = '/v1/rooms/nowhere/messages'
  const first = await post(path, message('x'), 'k4')
  expect(first).toMatchObject({ status: 404, body: { error: 'ROOM_NO_EXISTS' } })
  expect((await post(path, message('x'), 'k4')).body).toEqual(first.body)
})

test('a repeat carries out a request whose instance died', async () => {
  const body = message('survived')
  const path = `/v1/rooms/${room._id}/messages`
  const database = await openDatabase(stack, 'platform')
  try {
    const apiKey = digestOf('key-of-the-tests')
    await database.collection('attempts').insertOne({
      _id: digestOf(apiKey, 'k5') as never,
      digest: digestOf('POST', path, JSON.stringify(body)),
      ...{ by: 'somebody dead', until: new Date(Date.now() - 1), answer: null, createdAt: new Date() },
    })
    expect((await post(path, body, 'k5')).status).toBe(201)
    expect((await messages()).filter((text) => text === 'survived')).toHaveLength(1)
  } finally {
    await database.close()
  }
})

test('a repeat stores no second message, even after the attempt is deleted', async () => {
  const path = `/v1/rooms/${room._id}/messages`
  const first = await post(path, message('lost'), 'k6')
  const database = await openDatabase(stack, 'platform')
  try {
    await database.collection('attempts').deleteMany({})
    const again = await post(path, message('lost'), 'k6')
    expect(again.body).toEqual(first.body)
    expect((await messages()).filter((text) => text === 'lost')).toHaveLength(1)
  } finally {
    await database.close()
  }
})

test.each(['x'.repeat(256), 'two words', 'tab\there'])('the key %j is refused', async (key) => {
  expect(await post('/v1/rooms', newRoom('x'), key)).toMatchObject({ status: 400 })
})

test('an index of the store deletes answers after a day', async () => {
  const database = await openDatabase(stack, 'platform')
  try {
    const indexes = await database.collection('attempts').indexes()
    expect(indexes.find(({ key }) => 'createdAt' in key)).toMatchObject({ expireAfterSeconds: 86_400 })
  } finally {
    await database.close()
  }
})
