import { expect, test } from '@jest/globals'
import { fail, ok } from '../testing/fake-server.ts'
import { reached, useFakeServer } from '../testing/testing.ts'

const { server, client } = useFakeServer()
const noRooms = ok({ list: [], nextCursor: null })

test("ask() resolves with the answer's data", async () => {
  server().answer('listenRooms', () => noRooms)
  expect(await client().ask('listenRooms', { limit: 50 })).toEqual({ list: [], nextCursor: null })
  expect(server().asked('listenRooms')).toMatchObject([{ input: { limit: 50 } }])
})

test('a failure rejects with a ChatError that has every field of the answer', async () => {
  const said = { message: 'No', retryable: false, requestId: 'q1', data: null }
  server().answer('joinRoom', () => fail('ROOM_NO_EXISTS', said))
  const requests = client().ask('joinRoom', 'r1')
  await expect(requests).rejects.toMatchObject({ name: 'ChatError', code: 'ROOM_NO_EXISTS', ...said })
})

test('RATE_LIMITED is retried after retryAfterMs', async () => {
  server().answer('listenRooms', () =>
    server().asked('listenRooms').length < 3
      ? fail('RATE_LIMITED', { retryable: true, retryAfterMs: 40 })
      : noRooms,
  )
  await client().ask('listenRooms')
  const times = server()
    .asked('listenRooms')
    .map(({ at }) => at)
  expect(times).toHaveLength(3)
  for (const [index, at] of times.slice(1).entries())
    expect(at - (times[index] as number)).toBeGreaterThan(38)
})

test('RATE_LIMITED rejects after the allowed attempts', async () => {
  server().answer('listenRooms', () => fail('RATE_LIMITED', { retryable: true, retryAfterMs: 1 }))
  const requests = client({ rateLimitTries: 3 }).ask('listenRooms')
  await expect(requests).rejects.toMatchObject({ code: 'RATE_LIMITED', retryable: true })
  expect(server().asked('listenRooms')).toHaveLength(3)
})

test('CLIENT_ID_NO_EXISTS reconnects and repeats the request once', async () => {
  server().answer('listenRooms', () =>
    server().asked('listenRooms').length === 1 ? fail('CLIENT_ID_NO_EXISTS', { retryable: true }) : noRooms,
  )
  await client().ask('listenRooms')
  const [first, second] = server().asked('listenRooms')
  expect(second?.socketId).not.toBe(first?.socketId)
  expect(server().tokens).toHaveLength(2)
})

test('CLIENT_ID_NO_EXISTS twice rejects for the caller', async () => {
  server().answer('listenRooms', () => fail('CLIENT_ID_NO_EXISTS', { retryable: true }))
  await expect(client().ask('listenRooms')).rejects.toMatchObject({ code: 'CLIENT_ID_NO_EXISTS' })
  expect(server().asked('listenRooms')).toHaveLength(2)
})

test('a request without an answer is TIMEOUT', async () => {
  const chat = client()
  await chat.ready
  await expect(chat.ask('listenRooms', {}, { timeoutMs: 20 })).rejects.toMatchObject({
    code: 'TIMEOUT',
    retryable: true,
  })
})

test('a lost connection is SERVICE_UNAVAILABLE at once', async () => {
  const chat = client()
  const requests = chat.ask('listenRooms')
  await server().until(() => server().asked('listenRooms').length === 1)
  server().cut()
  await expect(requests).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
})

test('a request made while disconnected waits for the connection', async () => {
  server().answer('listenRooms', () => noRooms)
  const chat = client()
  await chat.ready
  const lost = reached(chat, 'reconnecting')
  server().cut()
  await lost
  expect(await chat.ask('listenRooms')).toEqual({ list: [], nextCursor: null })
})

test('close() rejects pending and later requests', async () => {
  const chat = client()
  const requests = chat.ask('listenRooms')
  const limited = chat.ask('queryRooms', { keyword: 'a' })
  server().answer('queryRooms', () => fail('RATE_LIMITED', { retryable: true, retryAfterMs: 60_000 }))
  await server().until(() => server().asked('queryRooms').length === 1)
  chat.close()
  await expect(requests).rejects.toMatchObject({ code: 'CLOSED', retryable: false })
  await expect(limited).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(chat.ask('listenRooms')).rejects.toMatchObject({ code: 'CLOSED' })
})
