import type { Message, Room } from '@chat/contract'
import { connectAs, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

let stack: TestStack
let alice: PlainClient
let bob: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack()
  alice = await connectAs(stack, 'alice')
  bob = await connectAs(stack, 'bob')
  room = await alice.get<Room>('createNewRoom', { users: ['bob'], name: 'Room' })
})
afterAll(async () => {
  alice?.close()
  bob?.close()
  await stack?.close()
})

const send = (more: object, content: unknown = 'hello') => ({
  syncKey: crypto.randomUUID(),
  roomId: room._id,
  data: { type: 'TEXT', content },
  ...more,
})

test('a message has no fields that are unknown to the contract', async () => {
  const { message } = await alice.get<{ message: Message }>(
    'sendMessage',
    send({ seq: 99, author: { authorId: 'bob' }, createdAt: 'x', status: { deleted: true }, admin: true }),
  )
  expect(message).toMatchObject({ author: { authorId: 'alice' }, status: { deleted: false } })
  expect(message.seq).not.toBe(99)
  expect(message).not.toHaveProperty('admin')
})

test('meta that cannot be stored is refused, and concurrent messages are stored', async () => {
  const metas = [{ 'a\u0000b': 1 }, { $set: 1 }, JSON.parse('{"__proto__":1}'), { deep: [[[[[1]]]]] }]
  const answers = await Promise.all([
    ...metas.map((meta) => bob.ask('sendMessage', send({ meta }))),
    ...metas.map(() => alice.ask('sendMessage', send({}))),
  ])
  expect(answers.map((answer) => answer.error)).toEqual([
    ...metas.map(() => 'INVALID_REQUEST'),
    ...metas.map(() => null),
  ])
  const kept = { 'with.dot': { '': null }, constructor: [1, '\u0000'] }
  const { message } = await bob.get<{ message: Message }>('sendMessage', send({ meta: kept }))
  expect(message.meta).toEqual(kept)
})

test('a text may have 4,000 UTF-16 units', async () => {
  for (const text of ['x'.repeat(4_000), '🙂'.repeat(2_000), '한'.repeat(4_000)]) {
    const { message } = await alice.get<{ message: Message }>('sendMessage', send({}, text))
    expect(message.data.content.text).toBe(text)
  }
  for (const text of ['x'.repeat(4_001), `${'🙂'.repeat(2_000)}x`]) {
    expect(await alice.ask('sendMessage', send({}, text))).toMatchObject({ error: 'MESSAGE_TOO_LONG' })
    expect(await alice.ask('sendMessage', send({}, { text }))).toMatchObject({ error: 'MESSAGE_TOO_LONG' })
  }
})

test('an event may have 65,536 bytes', async () => {
  const ofBytes = (bytes: number) => {
    const input = send({ padding: '' })
    return { ...input, padding: 'x'.repeat(bytes - JSON.stringify(input).length) }
  }
  expect(await alice.ask('sendMessage', ofBytes(65_536))).toMatchObject({ success: true })
  expect(await alice.ask('sendMessage', ofBytes(65_537))).toMatchObject({ error: 'INVALID_REQUEST' })
  expect(await alice.ask('sendMessage', send({ padding: '한'.repeat(22_000) }))).toMatchObject({
    error: 'INVALID_REQUEST',
  })
  expect(await alice.ask('joinRoom', 'x'.repeat(65_535))).toMatchObject({ error: 'INVALID_REQUEST' })
})

test('binary data where the contract allows none is INVALID_REQUEST', async () => {
  for (const bytes of [Buffer.from('hello'), Buffer.alloc(0), Buffer.alloc(20_000)]) {
    expect(await alice.ask('sendMessage', bytes)).toMatchObject({ error: 'INVALID_REQUEST' })
    expect(await alice.ask('sendMessage', send({}, bytes))).toMatchObject({ error: 'INVALID_REQUEST' })
    expect(await alice.ask('sendMessage', send({}, { text: bytes }))).toMatchObject({
      error: 'INVALID_REQUEST',
    })
    expect(await alice.ask('sendMessage', send({ syncKey: bytes }))).toMatchObject({
      error: 'INVALID_REQUEST',
    })
    expect(await alice.ask('joinRoom', bytes)).toMatchObject({ error: 'INVALID_REQUEST' })
  }
})

test.each([
  'nope',
  '',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'error',
  'message',
  'openSession',
  'saveUser',
  'resolveMentions',
  'noteSeen',
  '*',
  '>',
])('the event %j is unknown', async (event) => {
  expect(await alice.ask(event, { roomId: room._id })).toMatchObject({
    success: false,
    error: 'INVALID_REQUEST',
  })
  alice.socket.emit(event)
  expect(await alice.ask('listenRooms', null)).toMatchObject({ success: true })
})

test('an event is carried out even if its ack is missing or not a function', async () => {
  const [first, second, third] = [send({}), send({}), send({})]
  await alice.get('joinRoom', room._id)
  alice.socket.emit('sendMessage', first, 'not a function')
  alice.socket.emit('sendMessage', second, null, { ack: true }, 5)
  alice.socket.emit('sendMessage')
  alice.socket.emit('sendMessage', third)
  await alice.get('sendMessage', send({}))
  type Page = { list: Message[] }
  const { list } = await alice.get<Page>('listenMessagesByRoom', { roomId: room._id, count: 4 })
  expect(list.map((message) => message.syncKey)).toEqual(
    expect.arrayContaining([first.syncKey, second.syncKey, third.syncKey]),
  )
})
