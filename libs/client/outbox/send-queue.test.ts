import { expect, test } from '@jest/globals'
import { type Asked, fail, message, ok } from '../testing/fake-server.ts'
import { useFakeServer } from '../testing/testing.ts'

const { server, client } = useFakeServer()

type Sent = { roomId: string; syncKey: string; data: { content: { text: string } } }
const inputs = () =>
  server()
    .asked('sendMessage')
    .map(({ input }: Asked) => input as Sent)
const texts = () => inputs().map(({ data }) => data.content.text)
const stored = ({ roomId }: Sent) => ok({ result: true, message: message(roomId, 1) })

test("a message is sent in the contract's form", async () => {
  server().answer('sendMessage', stored)
  const sent = await client().send({
    roomId: 'r1',
    text: 'hello',
    syncKey: 'k1',
    replyTo: 'm1',
    meta: { a: 1 },
  })
  expect(sent).toMatchObject({ roomId: 'r1', seq: 1 })
  expect(inputs()).toEqual([
    {
      roomId: 'r1',
      syncKey: 'k1',
      replyTo: 'm1',
      meta: { a: 1 },
      data: { type: 'TEXT', content: { text: 'hello' } },
    },
  ])
})

test('a message whose ack is lost is sent again with the same syncKey over a new connection', async () => {
  server().answer('sendMessage', (input: Sent, socket) => {
    if (inputs().length > 1) return stored(input)
    socket.conn.close()
    return null
  })
  await client().send({ roomId: 'r1', text: 'once' })
  const [first, second] = inputs()
  expect(inputs()).toHaveLength(2)
  expect(second).toEqual(first)
  expect(first?.syncKey).toMatch(/^[0-9a-f]{32}$/)
})

test.each(['TIMEOUT', 'SERVICE_UNAVAILABLE', 'CLIENT_ID_NO_EXISTS'] as const)(
  '%s is sent again',
  async (code) => {
    server().answer('sendMessage', (input: Sent) =>
      inputs().length > 1 ? stored(input) : fail(code, { retryable: true }),
    )
    await client().send({ roomId: 'r1', text: 'hello', syncKey: 'k1' })
    expect(inputs().map(({ syncKey }) => syncKey)).toEqual(['k1', 'k1'])
  },
)

test('a message without an ack in time is sent again', async () => {
  server().answer('sendMessage', (input: Sent) => (inputs().length > 1 ? stored(input) : null))
  const chat = client({ timeoutMs: 50 })
  await chat.ready
  await chat.send({ roomId: 'r1', text: 'hello', syncKey: 'k1' })
  // On a busy machine the next ack may be late too.
  expect(inputs().length).toBeGreaterThan(1)
  expect(new Set(inputs().map(({ syncKey }) => syncKey))).toEqual(new Set(['k1']))
})

test('RATE_LIMITED is retried without a limit', async () => {
  server().answer('sendMessage', (input: Sent) =>
    inputs().length > 8 ? stored(input) : fail('RATE_LIMITED', { retryable: true, retryAfterMs: 10 }),
  )
  await client().send({ roomId: 'r1', text: 'hello' })
  const times = server()
    .asked('sendMessage')
    .map(({ at }) => at)
  expect(times).toHaveLength(9)
  expect((times.at(-1) as number) - (times[0] as number)).toBeGreaterThan(8 * 9)
})

test('a room’s messages are sent in order, even while the first is retried', async () => {
  server().answer('sendMessage', (input: Sent) =>
    inputs().length > 2 ? stored(input) : fail('SERVICE_UNAVAILABLE', { retryable: true, retryAfterMs: 5 }),
  )
  const chat = client()
  await Promise.all(['a', 'b', 'c'].map((text) => chat.send({ roomId: 'r1', text })))
  expect(texts()).toEqual(['a', 'a', 'a', 'b', 'c'])
})

test('other rooms do not wait', async () => {
  server().answer('sendMessage', (input: Sent) => (input.roomId === 'stuck' ? null : stored(input)))
  const chat = client()
  const stuck = chat.send({ roomId: 'stuck', text: 'a' })
  await chat.send({ roomId: 'r1', text: 'b' })
  chat.close()
  await expect(stuck).rejects.toMatchObject({ code: 'CLOSED' })
})

test('a refusal rejects for the caller, and the next message is sent', async () => {
  server().answer('sendMessage', (input: Sent) =>
    input.data.content.text === 'bad' ? fail('MESSAGE_TOO_LONG', { retryable: false }) : stored(input),
  )
  const chat = client()
  const bad = chat.send({ roomId: 'r1', text: 'bad' })
  const good = chat.send({ roomId: 'r1', text: 'good' })
  await expect(bad).rejects.toMatchObject({ code: 'MESSAGE_TOO_LONG' })
  await good
  expect(texts()).toEqual(['bad', 'good'])
})

test('close() rejects every waiting message', async () => {
  const chat = client()
  const sends = ['a', 'b'].map((text) => chat.send({ roomId: 'r1', text }))
  await server().until(() => inputs().length === 1)
  chat.close()
  for (const send of sends) await expect(send).rejects.toMatchObject({ code: 'CLOSED' })
})

test('a send above maxQueuedSends is refused', async () => {
  const chat = client({ maxQueuedSends: 1 })
  const first = chat.send({ roomId: 'r1', text: 'a' })
  await expect(chat.send({ roomId: 'r1', text: 'b' })).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  chat.close()
  await expect(first).rejects.toMatchObject({ code: 'CLOSED' })
})
