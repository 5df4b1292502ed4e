import type { Message } from '@chat/contract'
import { eventually } from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Bus, openBus } from './bus.ts'
import { createLogger } from './logger.ts'
import { Metrics } from './metrics.ts'
import { consumeEvents, ensureStream } from './stream.ts'
import type { StreamEvent, StreamKind } from './stream-event.ts'

const logger = createLogger('silent')
let bus: Bus
let heard: StreamEvent[]
let closers: (() => Promise<void>)[]

beforeEach(async () => {
  heard = []
  closers = []
  bus = await openBus({
    natsUrl: process.env.CHAT_TEST_NATS_URL as string,
    name: 'test',
    root: `t${crypto.randomUUID().slice(0, 8)}`,
    logger,
    metrics: new Metrics(),
    requestTimeoutMs: 1_000,
  })
  await ensureStream(bus)
})
afterEach(async () => {
  for (const close of closers) await close()
  await bus.close()
})

async function consume(kinds: StreamKind[], handle = async (events: StreamEvent[]) => hear(events)) {
  const consumer = await consumeEvents({ bus, logger, durable: 'reader', kinds, handle, paceMs: 1 })
  closers.push(consumer.close)
  return consumer
}
const hear = (events: StreamEvent[]) => void heard.push(...events)
const message = (seq: number) => ({ _id: `room-${seq}`, seq }) as Message
const post = (seq: number) => bus.publishRoom('room', 'message', message(seq))
const change = (n: number, seq: number) =>
  bus.publishRoom('room', 'change', { change: n, message: message(seq) })
const told = () =>
  heard.map((event) => (event.kind === 'change' ? `${event.change}:` : '') + event.message.seq)

test('messages and changes come in the order in which they were published', async () => {
  await consume(['message', 'change'])
  post(1)
  change(1, 1)
  post(2)
  change(2, 1)
  await eventually(() => expect(told()).toEqual(['1', '1:1', '2', '2:1']))
})

test('a durable that read less before reads more from where it was', async () => {
  const before = await consume(['message'])
  post(1)
  await eventually(() => expect(told()).toEqual(['1']))
  await before.close()
  await Promise.all([consume(['message', 'change']), ensureStream(bus)])
  post(2)
  change(1, 2)
  await eventually(() => expect(told()).toEqual(['1', '2', '1:2']))
})

test('a batch whose handling fails comes again; what is not JSON is set aside', async () => {
  let failures = 0
  await consume(['message'], async (events) => {
    if (failures++ === 0) throw new Error('the store is away')
    hear(events)
  })
  bus.connection.publish(bus.subjects.roomEvent('room', 'message'), 'not json')
  post(1)
  await eventually(() => expect(told()).toEqual(['1']))
})

test('the lag is the age of the oldest event that nobody has handled, of whatever kind', async () => {
  const held = Promise.withResolvers<void>()
  const consumer = await consume(['message', 'change'], async (events) => {
    if (events.some(({ kind }) => kind === 'change')) await held.promise
    hear(events)
  })
  expect(await consumer.lagMs()).toBe(0)
  post(1)
  await eventually(async () => expect([told(), await consumer.lagMs()]).toEqual([['1'], 0]))
  change(1, 1)
  await eventually(async () => expect(await consumer.lagMs()).toBeGreaterThan(0))
  const published = Date.now()
  post(2)
  await eventually(async () => expect(Date.now() - published).toBeGreaterThan(100))
  expect(await consumer.lagMs()).toBeGreaterThan(100)
  held.resolve()
  await eventually(async () => expect([told(), await consumer.lagMs()]).toEqual([['1', '1:1', '2'], 0]))
})
