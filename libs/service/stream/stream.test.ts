import type { Message } from '@chat/contract'
import { eventually } from '@chat/testing'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Bus, openBus } from '../bus/bus.ts'
import { createLogger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { ACK_WAIT_MS, type Failure } from './event-batches.ts'
import { consumeEvents, ensureStream } from './stream.ts'
import type { NumberedKind, StreamEvent } from './stream-event.ts'

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

async function consume(kinds: NumberedKind[], handle = async (events: StreamEvent[]) => hear(events)) {
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

describe('what must not be tried for ever', () => {
  const aside: [seq: number, reason: unknown, tries: number][] = []
  beforeEach(() => {
    aside.length = 0
  })
  const consumeTrying = async (
    handle: (events: StreamEvent[]) => Promise<Failure[]>,
    setAside = async (event: StreamEvent, reason: unknown, tries: number) =>
      void aside.push([event.message.seq, reason, tries]),
  ) => {
    const tries = { delaysMs: [10, 10, 10, 10], setAside }
    const kinds: NumberedKind[] = ['message']
    const consumer = await consumeEvents({ bus, logger, durable: 'trying', kinds, handle, paceMs: 1, tries })
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

  test('is set aside after five tries, and what came with it is not tried again', async () => {
    const { handled, handle } = failing(2)
    await consumeTrying(handle)
    for (const seq of [1, 2, 3]) post(seq)
    await eventually(() => expect(aside).toEqual([[2, 'no', 5]]))
    post(4)
    await eventually(() => expect(handled).toContain(4))
    expect(handled.toSorted()).toEqual([1, 2, 2, 2, 2, 2, 3, 4])
  })

  test('nor a whole batch that fails', async () => {
    await consumeTrying(async () => {
      throw new Error('away')
    })
    post(1)
    post(2)
    await eventually(() => expect(aside.map(([seq]) => seq).toSorted()).toEqual([1, 2]))
  })

  test('what cannot be set aside is tried again', async () => {
    let isAway = true
    await consumeTrying(failing(1).handle, async ({ message }, reason, tries) => {
      if (isAway) {
        isAway = false
        throw new Error('the store is away')
      }
      aside.push([message.seq, reason, tries])
    })
    post(1)
    await eventually(() => expect(aside).toEqual([[1, 'no', 6]]))
  })

  test('what takes longer than the server waits is not given to somebody else', async () => {
    const held = Promise.withResolvers<void>()
    let handled = 0
    await consumeTrying(async () => {
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

test('one that starts now is not told what was before', async () => {
  post(1)
  await bus.flush()
  const consumer = await consumeEvents({
    ...{ bus, logger, durable: 'new', kinds: ['message'], startsNow: true },
    handle: async (events) => hear(events),
  })
  closers.push(consumer.close)
  post(2)
  await eventually(() => expect(told()).toEqual(['2']))
})

test('who leaves takes nothing along: what is on its way there is handled by them or at once by others', async () => {
  await consume(['message'])
  for (let round = 0; round < 10; round++) {
    const leaving = await consume(['message'])
    for (let n = 1; n <= 200; n++) post(round * 200 + n)
    // Some of them have been handed out by now.
    await eventually(() => expect(told().length).toBeGreaterThan(round * 200))
    await leaving.close()
  }
  // Sooner than what nobody acked would be delivered again.
  await eventually(() => expect(new Set(told()).size).toBe(2_000), ACK_WAIT_MS / 2)
})
