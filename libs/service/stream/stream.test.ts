import type { Message } from '@chat/contract'
import { eventually } from '@chat/testing'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Bus, openBus } from '../bus/bus.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { ACK_WAIT_MS, type Failure } from './event-batches.ts'
import { ensureStream } from './stream.ts'
import { consumeEvents } from './stream-consumer.ts'
import type { NumberedKind, StreamEvent } from './stream-event.ts'

const logger = createLogger('silent')
let bus: Bus
let received: StreamEvent[]
let closers: (() => Promise<void>)[]

beforeEach(async () => {
  received = []
  closers = []
  bus = await openBus({
    natsUrl: process.env.CHAT_TEST_NATS_URL as string,
    name: 'test',
    root: `t${crypto.randomUUID().slice(0, 8)}`,
    logger,
    metrics: createMetrics(),
    requestTimeoutMs: 1_000,
  })
  await ensureStream(bus)
})
afterEach(async () => {
  for (const close of closers) await close()
  await bus.close()
})

async function consume(kinds: NumberedKind[], handle = async (events: StreamEvent[]) => receive(events)) {
  const consumer = await consumeEvents({ bus, logger, durable: 'reader', kinds, handle, paceMs: 1 })
  closers.push(consumer.close)
  return consumer
}
const receive = (events: StreamEvent[]) => void received.push(...events)
const message = (seq: number) => ({ _id: `room-${seq}`, seq }) as Message
const post = (seq: number) => bus.publishRoom('room', 'message', message(seq))
const change = (n: number, seq: number) =>
  bus.publishRoom('room', 'change', { change: n, message: message(seq) })
const handled = () =>
  received.map((event) => (event.kind === 'change' ? `${event.change}:` : '') + event.message.seq)

test('messages and changes arrive in the order in which they were published', async () => {
  await consume(['message', 'change'])
  post(1)
  change(1, 1)
  post(2)
  change(2, 1)
  await eventually(() => expect(handled()).toEqual(['1', '1:1', '2', '2:1']))
})

test('a consumer with more kinds continues where it stopped', async () => {
  const before = await consume(['message'])
  post(1)
  await eventually(() => expect(handled()).toEqual(['1']))
  await before.close()
  await Promise.all([consume(['message', 'change']), ensureStream(bus)])
  post(2)
  change(1, 2)
  await eventually(() => expect(handled()).toEqual(['1', '2', '1:2']))
})

test('a batch whose handling fails is delivered again; an event that is not JSON is dropped', async () => {
  let failures = 0
  await consume(['message'], async (events) => {
    if (failures++ === 0) throw new Error('the store is away')
    receive(events)
  })
  bus.connection.publish(bus.subjects.roomEvent('room', 'message'), 'not json')
  post(1)
  await eventually(() => expect(handled()).toEqual(['1']))
})

test('the lag is the age of the oldest unhandled event of any kind', async () => {
  const held = Promise.withResolvers<void>()
  const consumer = await consume(['message', 'change'], async (events) => {
    if (events.some(({ kind }) => kind === 'change')) await held.promise
    receive(events)
  })
  expect(await consumer.lagMs()).toBe(0)
  post(1)
  await eventually(async () => expect([handled(), await consumer.lagMs()]).toEqual([['1'], 0]))
  change(1, 1)
  await eventually(async () => expect(await consumer.lagMs()).toBeGreaterThan(0))
  const published = Date.now()
  post(2)
  await eventually(async () => expect(Date.now() - published).toBeGreaterThan(100))
  expect(await consumer.lagMs()).toBeGreaterThan(100)
  held.resolve()
  await eventually(async () => expect([handled(), await consumer.lagMs()]).toEqual([['1', '1:1', '2'], 0]))
})

describe('with limited tries', () => {
  const deadLetters: [seq: number, reason: unknown, tries: number][] = []
  beforeEach(() => {
    deadLetters.length = 0
  })
  const consumeRetrying = async (
    handle: (events: StreamEvent[]) => Promise<Failure[]>,
    deadLetter = async (event: StreamEvent, reason: unknown, tries: number) =>
      void deadLetters.push([event.message.seq, reason, tries]),
  ) => {
    const retry = { delaysMs: [10, 10, 10, 10], deadLetter }
    const kinds: NumberedKind[] = ['message']
    const consumer = await consumeEvents({ bus, logger, durable: 'trying', kinds, handle, paceMs: 1, retry })
    closers.push(consumer.close)
  }
  const failing = (...seqs: number[]) => {
    const handled: number[] = []
    const handle = async (events: StreamEvent[]) => {
      handled.push(...events.map(({ message }) => message.seq))
      return events
        .filter(({ message }) => seqs.includes(message.seq))
        .map((event) => ({ event, reason: 'no' }))
    }
    return { handled, handle }
  }

  test('an event becomes a dead letter after five tries; the rest of its batch is not repeated', async () => {
    const { handled, handle } = failing(2)
    await consumeRetrying(handle)
    for (const seq of [1, 2, 3]) post(seq)
    await eventually(() => expect(deadLetters).toEqual([[2, 'no', 5]]))
    post(4)
    await eventually(() => expect(handled).toContain(4))
    expect(handled.toSorted()).toEqual([1, 2, 2, 2, 2, 2, 3, 4])
  })

  test('each event of a batch that fails as a whole becomes a dead letter', async () => {
    await consumeRetrying(async () => {
      throw new Error('away')
    })
    post(1)
    post(2)
    await eventually(() => expect(deadLetters.map(([seq]) => seq).toSorted()).toEqual([1, 2]))
  })

  test('an event whose dead letter cannot be stored is tried again', async () => {
    let isAway = true
    await consumeRetrying(failing(1).handle, async ({ message }, reason, tries) => {
      if (isAway) {
        isAway = false
        throw new Error('the store is away')
      }
      deadLetters.push([message.seq, reason, tries])
    })
    post(1)
    await eventually(() => expect(deadLetters).toEqual([[1, 'no', 6]]))
  })

  test('an event whose handling takes longer than the ack wait is not delivered again', async () => {
    const held = Promise.withResolvers<void>()
    let handled = 0
    await consumeRetrying(async () => {
      handled += 1
      await held.promise
      return []
    })
    post(1)
    await eventually(() => expect(handled).toBe(1))
    const since = Date.now()
    const waited = () => expect(Date.now() - since).toBeGreaterThan(ACK_WAIT_MS * 1.3)
    await eventually(waited, ACK_WAIT_MS * 2)
    expect(handled).toBe(1)
    held.resolve()
    post(2)
    await eventually(() => expect(handled).toBe(2))
  })
})

test('a consumer that starts now skips earlier events', async () => {
  post(1)
  await bus.flush()
  const consumer = await consumeEvents({
    ...{ bus, logger, durable: 'new', kinds: ['message'], startsNow: true },
    handle: async (events) => receive(events),
  })
  closers.push(consumer.close)
  post(2)
  await eventually(() => expect(handled()).toEqual(['2']))
})

test('a closing consumer loses nothing: it handles its pending events, or others get them at once', async () => {
  await consume(['message'])
  for (let round = 0; round < 10; round++) {
    const leaving = await consume(['message'])
    for (let n = 1; n <= 200; n++) post(round * 200 + n)
    // By now some of them are delivered.
    await eventually(() => expect(handled().length).toBeGreaterThan(round * 200))
    await leaving.close()
  }
  // Earlier than unacked events would be redelivered.
  await eventually(() => expect(new Set(handled()).size).toBe(2_000), ACK_WAIT_MS / 2)
})
