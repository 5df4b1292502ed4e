import { Fault } from '@chat/contract'
import { eventually } from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openFailedEvents } from './failed-events.ts'
import type { NumberedKind, StreamEvent } from './stream-event.ts'
import { openTestStream, seqOfEvent, type TestStream } from './testing/test-stream.ts'

let on: TestStream
let handled: number[]
/** What is wrong with which event; `any` with all of them. */
let wrong: Map<number | 'any', Error>

beforeEach(async () => {
  ;[handled, wrong] = [[], new Map()]
  on = await openTestStream()
})
afterEach(() => on?.close())

async function handle(events: StreamEvent[]) {
  for (const seq of ['any' as const, ...events.map(seqOfEvent)]) {
    const reason = wrong.get(seq)
    if (reason) throw reason
  }
  handled.push(...events.map(seqOfEvent))
}

async function consume(delaysMs = [1, 1, 1, 1]) {
  const { connection, metrics, logger } = on
  const failedEvents = await openFailedEvents<NumberedKind>({
    ...{ connection, kind: 'test-event', metrics, logger, handle, delaysMs },
  })
  const consumer = await on.consume({ handle, setAside: failedEvents.add })
  const close = async () => {
    await consumer.close()
    await failedEvents.close()
  }
  return {
    ...consumer,
    ...failedEvents.jobs,
    close,
    failedEvents,
    deadLetters: failedEvents.jobs.deadLetters,
  }
}
type Consuming = Awaited<ReturnType<typeof consume>>
const dead = async ({ deadLetters }: Consuming) => (await deadLetters.list('', 10)).map(({ _id }) => _id)
const inOrder = () => handled.toSorted((a, b) => a - b)

test('an event that fails five times is set aside alone; the others of its batch are handled once', async () => {
  wrong.set(7, new Error('poison'))
  await on.postUpTo(20)
  const consumer = await consume()
  await eventually(async () => expect(await dead(consumer)).toEqual(['room-7']))
  const [letter] = await consumer.deadLetters.list('', 1)
  expect(letter).toMatchObject({ tries: 5, lastError: 'poison' })
  expect(inOrder()).toEqual([...Array(20).keys()].map((n) => n + 1).filter((seq) => seq !== 7))
  await consumer.close()
})

test('a replayed event is handled as the consumer would, a dropped one is gone', async () => {
  for (const seq of [1, 2]) wrong.set(seq, new Error('poison'))
  await on.postUpTo(3)
  const consumer = await consume()
  await eventually(async () => expect(await dead(consumer)).toEqual(['room-1', 'room-2']))
  wrong.clear()
  await consumer.deadLetters.replay(['room-1'])
  await eventually(() => expect(handled).toContain(1))
  await consumer.deadLetters.drop(['room-2'])
  await eventually(async () =>
    expect(await consumer.deadLetters.countJobs()).toEqual({ waiting: 0, running: 0, dead: 0 }),
  )
  expect(inOrder()).toEqual([1, 3])
  await consumer.close()
})

test('while the database or a service is away nothing counts as a try, however long', async () => {
  wrong.set('any', new Fault('SERVICE_UNAVAILABLE'))
  await on.postUpTo(3)
  const consumer = await consume()
  const failures = async () => (await on.metrics.consumerFailures.get()).values[0]?.value ?? 0
  await eventually(async () => expect(await failures()).toBeGreaterThan(6), 20_000)
  expect(await consumer.deadLetters.countJobs()).toEqual({ waiting: 0, running: 0, dead: 0 })
  wrong.clear()
  await eventually(() => expect(handled).toEqual([1, 2, 3]))
  await consumer.close()
})

test('where all of many events fail, none is set aside at first', async () => {
  const gate = Promise.withResolvers<void>()
  const tried: number[] = []
  const isBroken = () => !handled.includes(31)
  await on.consume({
    handle: async (events) => {
      await gate.promise
      tried.push(...events.map(seqOfEvent))
      if (events.some((event) => seqOfEvent(event) > 1) && isBroken()) throw new Error('a defect')
      handled.push(...events.map(seqOfEvent))
    },
  })
  await on.postUpTo(30)
  // The first event may be handled before the others come.
  gate.resolve()
  await eventually(() => expect(tried.filter((seq) => seq === 2).length).toBeGreaterThan(8))
  handled.push(31)
  await eventually(() => expect(new Set(handled).size).toBe(31))
})

test('many poison events alone in a batch are set aside after some repeats', async () => {
  for (let seq = 1; seq <= 11; seq++) wrong.set(seq, new Error('poison'))
  await on.postUpTo(11)
  const set: number[] = []
  await on.consume({
    handle,
    setAside: async (failures) => void set.push(...failures.map(({ event }) => seqOfEvent(event))),
  })
  await eventually(() => expect(set.length).toBe(11), 20_000)
  await on.postUpTo(12, 12)
  await eventually(() => expect(handled).toEqual([12]))
})

test('an event whose retry meets an outage keeps its tries', async () => {
  wrong.set(1, new Error('poison'))
  await on.postUpTo(1)
  const consumer = await consume([1, 60_000])
  const jobs = on.connection.collection('failedEvents')
  await eventually(async () => expect(await jobs.findOne()).toMatchObject({ tries: 2 }))
  wrong.set(1, new Fault('TIMEOUT'))
  const before = Date.now()
  await jobs.updateOne({}, { $set: { dueAt: new Date() } })
  await eventually(async () => {
    const job = await jobs.findOne()
    expect(job).toMatchObject({ tries: 2, claim: null })
    expect(job?.dueAt.getTime()).toBeGreaterThan(before + 1_000)
  })
  await consumer.close()
})

test('what a handler reports as failed is set aside, too', async () => {
  const set: number[] = []
  await on.consume({
    handle: async (events) =>
      events.filter(({ message }) => message.seq === 2).map((event) => ({ event, reason: 'no' })),
    setAside: async (failures) => void set.push(...failures.map(({ event }) => seqOfEvent(event))),
  })
  await on.postUpTo(3)
  await eventually(() => expect(set).toEqual([2]))
})

test('a failed event loses an erased person and is gone with its room', async () => {
  wrong.set(1, new Error('poison'))
  const { failedEvents, close } = await consume([60_000])
  const author = { authorId: 'ann', nickName: 'Ann', profileUrl: null }
  const rest = { mentions: [], replyTo: null, status: { deleted: false, hidden: false } }
  const data = { type: 'TEXT' as const, content: { text: 'secret' } }
  const message = { _id: 'room-1', roomId: 'room', seq: 1, author, data, ...rest }
  on.bus.publishRoom('room', 'message', message as never)
  const jobs = on.connection.collection('failedEvents')
  await eventually(async () => expect(await jobs.countDocuments()).toBe(1))
  await failedEvents.erase({ userId: 'ann' })
  expect(JSON.stringify(await jobs.findOne())).not.toMatch(/secret|ann/i)
  await failedEvents.removeRoom('room')
  expect(await jobs.countDocuments()).toBe(0)
  await close()
})
