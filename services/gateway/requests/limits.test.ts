import type { Envelope, Message, Room } from '@chat/contract'
import { connectAs, eventually, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { io } from 'socket.io-client'

let stack: TestStack
const clients: PlainClient[] = []

beforeAll(async () => {
  stack = await startTestStack({
    limits: {
      messagesPerSecond: 2,
      messageBurst: 3,
      readsPerSecond: 2,
      readBurst: 3,
      eventsPerSecond: 2,
      eventBurst: 4,
      socketsPerUser: 2,
    },
  })
})
afterAll(async () => {
  for (const client of clients) client.close()
  await stack?.close()
})

async function connect(userId: string) {
  const client = await connectAs(stack, userId)
  clients.push(client)
  return client
}

const message = (roomId: string) => ({
  syncKey: crypto.randomUUID(),
  roomId,
  data: { type: 'TEXT', content: 'hello' },
})
const refused = (answers: Envelope<unknown>[]) => answers.filter((answer) => answer.error === 'RATE_LIMITED')

/** Retries until it succeeds; each refusal says how long to wait. */
const letIn = async (client: PlainClient, event: string, payload: unknown) =>
  eventually(async () => {
    const answer = await client.ask(event, payload)
    expect(answer.error).not.toBe('RATE_LIMITED')
    return answer
  })

test('messages are limited per user over all sockets, and a retry succeeds after retryAfterMs', async () => {
  const [one, two] = [await connect('writer'), await connect('writer')]
  await connect('reader')
  const room = await one.get<Room>('createNewRoom', { users: ['reader'], name: 'Room' })
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => (n % 2 ? one : two).ask('sendMessage', message(room._id))),
  )
  expect(refused(answers).length).toBeGreaterThanOrEqual(6)
  expect(answers.filter((answer) => answer.success).length).toBeGreaterThanOrEqual(3)
  for (const answer of refused(answers)) {
    expect(answer).toMatchObject({ success: false, data: null, retryable: true })
    expect(answer.retryAfterMs).toBeGreaterThan(0)
    expect(answer.retryAfterMs).toBeLessThanOrEqual(500)
  }
  expect(await letIn(one, 'sendMessage', message(room._id))).toMatchObject({ success: true })
  // Refused messages were not stored, and no other was lost.
  const { list } = await one.get<{ list: Message[] }>('listenMessagesByRoom', {
    roomId: room._id,
    count: 100,
  })
  expect(list).toHaveLength(answers.filter((answer) => answer.success).length + 1)
})

test('reads are limited per user, separately from messages and other events', async () => {
  const [one, two] = [await connect('lister'), await connect('lister')]
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => (n % 2 ? one : two).ask('listenRooms', null)),
  )
  expect(refused(answers).length).toBeGreaterThanOrEqual(4)
  expect(refused(answers)[0]).toMatchObject({ retryAfterMs: expect.any(Number) })
  expect(await one.ask('joinRoom', 'nope')).toMatchObject({ error: 'ROOM_NO_EXISTS' })
  expect(await one.ask('sendMessage', message('nope'))).toMatchObject({ error: 'ROOM_NO_EXISTS' })
})

test('other events, unknown ones included, are limited per connection', async () => {
  const [one, two] = [await connect('joiner'), await connect('joiner')]
  const events = ['joinRoom', 'noSuchEvent', 'leaveRoom']
  const answers = await Promise.all(
    Array.from({ length: 9 }, (_, n) => one.ask(events[n % 3] as string, 'nope')),
  )
  expect(refused(answers).length).toBeGreaterThanOrEqual(4)
  expect(refused(answers)[0]).toMatchObject({ retryAfterMs: expect.any(Number) })
  expect(await two.ask('joinRoom', 'nope')).toMatchObject({ error: 'ROOM_NO_EXISTS' })
})

test('file downloads are limited per user, separately from socket events', async () => {
  const reader = await connect('fetcher')
  const origin = stack.gatewayUrl.replace('ws:', 'http:')
  const get = async (userId: string) =>
    fetch(`${origin}/files/none`, { headers: { authorization: `Bearer ${await stack.token(userId)}` } })
  const answers = await Promise.all(Array.from({ length: 10 }, () => get('fetcher')))
  const late = answers.filter(({ status }) => status === 429)
  expect(late.length).toBeGreaterThanOrEqual(4)
  expect(answers.filter(({ status }) => status === 404).length).toBeGreaterThanOrEqual(4)
  const [first] = late as [Response]
  expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(0)
  const { requestId, retryAfterMs, ...body } = (await first.json()) as Envelope<null>
  expect(body).toMatchObject({ success: false, error: 'RATE_LIMITED', data: null, retryable: true })
  expect([requestId, retryAfterMs]).toEqual([expect.any(String), expect.any(Number)])
  expect((await get('another-fetcher')).status).toBe(404)
  expect(await reader.ask('listenRooms', null)).toMatchObject({ success: true })
  await eventually(async () => expect((await get('fetcher')).status).toBe(404))
})

test('a socket above socketsPerUser closes the oldest one only', async () => {
  const oldest = await connect('many')
  const closed = new Promise((resolve) => oldest.socket.once('disconnect', resolve))
  const second = await connect('many')
  const third = await connect('many')
  await closed
  expect(await third.ask('joinRoom', 'nope')).toMatchObject({ error: 'ROOM_NO_EXISTS' })
  expect(await second.ask('joinRoom', 'nope')).toMatchObject({ error: 'ROOM_NO_EXISTS' })
  expect(oldest.socket.connected).toBe(false)
  const other = await connect('another')
  expect(await other.ask('joinRoom', 'nope')).toMatchObject({ error: 'ROOM_NO_EXISTS' })
})

test('concurrent connections are limited by socketsPerUser, too', async () => {
  const token = await stack.token('crowd')
  const sockets = Array.from({ length: 8 }, () =>
    io(`${stack.gatewayUrl}/chat`, {
      transports: ['websocket'],
      auth: { token },
      reconnection: false,
      forceNew: true,
    }),
  )
  await eventually(() => expect(sockets.filter((socket) => socket.connected)).toHaveLength(2))
  // The remaining sockets work, and the others stay closed.
  const [left] = sockets.filter((socket) => socket.connected)
  expect(await left?.timeout(5_000).emitWithAck('joinRoom', 'nope')).toMatchObject({
    error: 'ROOM_NO_EXISTS',
  })
  expect(sockets.filter((socket) => socket.connected)).toHaveLength(2)
  for (const socket of sockets) socket.close()
})
