import { eventually } from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AckPolicy, DeliverPolicy, jetstream } from '@nats-io/jetstream'
import { ensureStream, managerOf } from './stream.ts'
import { awaitHandled } from './stream-consumer.ts'
import type { NumberedKind, StreamEvent } from './stream-event.ts'
import { openTestStream, type TestStream, testMessage } from './testing/test-stream.ts'

let on: TestStream
let received: StreamEvent[]

beforeEach(async () => {
  received = []
  on = await openTestStream()
})
afterEach(() => on?.close())

const receive = async (events: StreamEvent[]) => void received.push(...events)
const consume = (kinds: NumberedKind[], handle = receive) => on.consume({ kinds, handle })
const change = (n: number, seq: number) =>
  on.bus.publishRoom('room', 'change', { change: n, message: testMessage(seq) })
const handled = () =>
  received.map((event) => (event.kind === 'change' ? `${event.change}:` : '') + event.message.seq)
const upTo = (last: number) => Array.from({ length: last }, (_, index) => `${index + 1}`)

test('messages and changes arrive in the order in which they were published', async () => {
  await consume(['message', 'change'])
  on.post(1)
  change(1, 1)
  on.post(2)
  change(2, 1)
  await eventually(() => expect(handled()).toEqual(['1', '1:1', '2', '2:1']))
})

test('a consumer with more kinds continues where it stopped', async () => {
  const before = await consume(['message'])
  on.post(1)
  await eventually(() => expect(handled()).toEqual(['1']))
  await before.close()
  await Promise.all([consume(['message', 'change']), ensureStream(on.bus)])
  on.post(2)
  change(1, 2)
  await eventually(() => expect(handled()).toEqual(['1', '2', '1:2']))
})

test.each([
  'not json',
  'null',
  '[]',
  '{"a":1}',
  '{"_id":"room-1","roomId":"room"}',
  '{"_id":1,"roomId":"room","seq":1}',
])('what is no event is dropped: %s', async (body) => {
  await consume(['message', 'change'])
  for (const kind of ['message', 'change'] as const)
    on.bus.connection.publish(on.bus.subjects.roomEvent('room', kind), body)
  on.post(1)
  await eventually(() => expect(handled()).toEqual(['1']))
  expect((await on.metrics.deadLetterEvents.get()).values).toMatchObject([{ value: 2 }])
})

test('the lag is the age of the oldest unhandled event of any kind', async () => {
  const held = Promise.withResolvers<void>()
  const consumer = await consume(['message', 'change'], async (events) => {
    if (events.some(({ kind }) => kind === 'change')) await held.promise
    await receive(events)
  })
  expect(await consumer.lagMs()).toBe(0)
  on.post(1)
  await eventually(async () => expect([handled(), await consumer.lagMs()]).toEqual([['1'], 0]))
  change(1, 1)
  await eventually(async () => expect(await consumer.lagMs()).toBeGreaterThan(0))
  const published = Date.now()
  on.post(2)
  await eventually(async () => expect(Date.now() - published).toBeGreaterThan(100))
  expect(await consumer.lagMs()).toBeGreaterThan(100)
  held.resolve()
  await eventually(async () => expect([handled(), await consumer.lagMs()]).toEqual([['1', '1:1', '2'], 0]))
})

test('a consumer that starts now skips earlier events, and misses none from then on', async () => {
  await on.postUpTo(1)
  const consumer = await on.consume({ starts: 'now', handle: receive })
  await on.postUpTo(2, 2)
  await eventually(() => expect(handled()).toEqual(['2']))
  await consumer.close()
  await on.postUpTo(3, 3)
  await on.consume({ starts: 'now', handle: receive })
  await eventually(() => expect(handled()).toEqual(['2', '3']))
})

test('a consumer that starts on call reads nothing before', async () => {
  await on.postUpTo(1)
  const consumer = await on.consume({ starts: 'on call', handle: receive })
  expect(await consumer.lagMs()).toBe(0)
  await consumer.begin()
  await on.postUpTo(2, 2)
  await eventually(() => expect(handled()).toEqual(['2']))
})

test('a consumer continues where one of an earlier version, which acked each event, has stopped', async () => {
  await on.postUpTo(3)
  const manager = await managerOf(on.bus)
  const { stream } = on.bus.subjects
  const former = { durable_name: 'reader', ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All }
  await manager.consumers.add(stream, former)
  const acking = await jetstream(on.bus.connection).consumers.get(stream, 'reader')
  await (await acking.next())?.ackAck()
  await on.consume({ starts: 'now', handle: receive })
  await eventually(() => expect(handled()).toEqual(['2', '3']))
  await expect(manager.consumers.info(stream, 'reader')).rejects.toThrow()
})

test('awaitHandled waits for what is in the stream, and not for what comes later', async () => {
  const held = Promise.withResolvers<void>()
  await consume(['message'], async (events) => {
    await held.promise
    await receive(events)
  })
  await on.postUpTo(2)
  const reader = { bus: on.bus, connection: on.connection, name: 'reader', kinds: ['message' as const] }
  expect(await awaitHandled(reader, 200)).toBe(false)
  held.resolve()
  expect(await awaitHandled(reader, 10_000)).toBe(true)
  expect(handled()).toEqual(['1', '2'])
})

test('of several instances one reads; when it stops, another one continues, and loses nothing', async () => {
  let readers = [await on.consume({ handle: receive })]
  for (let round = 0; round < 5; round++) {
    readers = [...readers, await on.consume({ handle: receive })]
    await on.postUpTo((round + 1) * 200, round * 200 + 1)
    // By now some of them are delivered.
    await eventually(() => expect(handled().length).toBeGreaterThan(round * 200))
    await readers.shift()?.close()
  }
  await eventually(() => expect(handled().toSorted((a, b) => Number(a) - Number(b))).toEqual(upTo(1_000)))
})

test('a stop finishes the batch that is being handled and gives back what waits', async () => {
  const held = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const leaving = await on.consume({
    maxBatch: 5,
    handle: async (events) => {
      started.resolve()
      await held.promise
      await receive(events)
    },
  })
  await on.postUpTo(50)
  await started.promise
  const closing = leaving.close()
  held.resolve()
  await closing
  expect(handled().length).toBeLessThanOrEqual(5)
  await on.consume({ handle: receive })
  await eventually(() => expect(handled()).toEqual(upTo(50)))
})
