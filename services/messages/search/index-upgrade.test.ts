import type { Message } from '@chat/contract'
import { createLogger, DutyCycle, ensureStream } from '@chat/service'
import { eventually, openTestBus, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { IndexReader } from './index-reader.ts'
import { IndexUpgrade } from './index-upgrade.ts'
import { scanIndex } from './search-scan.ts'
import { comparable, gramsOf, holds } from './search-terms.ts'
import { type Indexes, openIndexes, stateOf, storeState } from './testing/indexes.ts'

const YEAR = 365 * 24 * 60 * 60 * 1000
const PERIOD_MS = 28 * 24 * 60 * 60 * 1000
const logger = createLogger('silent')

let stack: TestStack
let bus: Awaited<ReturnType<typeof openTestBus>>
let indexes: Indexes
let roomIds: string[]

beforeAll(async () => {
  stack = await startTestStack({ instances: { messages: 0 } })
  bus = await openTestBus(stack)
  await ensureStream(bus, true)
  roomIds = await Promise.all(['one', 'two', 'three'].map(makeRoom))
})
beforeEach(async () => {
  indexes = await openIndexes()
})
afterAll(async () => {
  await bus?.close()
  await stack?.close()
})

async function makeRoom(name: string) {
  const joinUsers = [{ _id: 'ann', nickName: 'ann' }]
  const { body } = await stack.post('/chat/room', { name, roomType: 'GROUP', joinUsers })
  return (body as { _id: string })._id
}

/** Stores and indexes a message as an old version does. */
async function oldVersionStores(message: Message) {
  await storeState(indexes, message)
  const createdAt = new Date(message.createdAt)
  const period = Math.floor(createdAt.getTime() / PERIOD_MS)
  const { _id, roomId, data } = message
  const grams = gramsOf(comparable(data.content.text ?? ''))
  await indexes.mongo.collection('search').insertOne({ _id: _id as never, roomId, createdAt, period, grams })
  await indexes.mongo
    .collection('searchPeriods')
    .updateOne({ _id: period as never }, { $set: {} }, { upsert: true })
}

const messageAt = (room: number, seq: number, text: string) =>
  stateOf(roomIds[room] as string, seq, {
    data: { type: 'TEXT', content: { text } },
    createdAt: new Date(Date.now() - YEAR / seq).toISOString(),
  })

const pages: number[] = []
const openUpgrade = () =>
  new IndexUpgrade({
    ...{ bus, store: indexes.store, connection: indexes.mongo, oldIndex: indexes.oldIndex, logger },
    add: indexes.one.add,
    pace: new DutyCycle(0),
    addPage: async (docs) => {
      pages.push(docs.length)
      await indexes.one.addStored(docs)
    },
    quietMs: 0,
  })

async function found(upgrade: IndexUpgrade, keyword: string, count = 100) {
  const matches = ({ data }: Pick<Message, 'data'>) => holds(data, keyword)
  const searchReader = new IndexReader({ ...indexes, upgrade })
  const question = { grams: gramsOf(keyword), matches, start: null, count }
  const { docs } = await scanIndex({ store: indexes.store, searchReader }, question, roomIds)
  return docs.map(({ data }) => data.content.text)
}

const oldCollections = async () => {
  const listed = await indexes.mongo.listCollections()
  return listed.map(({ name }) => name).filter((name) => name === 'search' || name === 'searchPeriods')
}

/** The consumer of the old version, which acks each event. */
async function openOldConsumer() {
  const { stream } = bus.subjects
  const manager = await jetstreamManager(bus.connection)
  await manager.consumers.add(stream, { durable_name: 'search', ack_policy: AckPolicy.Explicit })
  const consumer = await jetstream(bus.connection).consumers.get(stream, 'search')
  return consumer.consume({ callback: (message) => message.ack() })
}

test('messages are found before, during and after the upgrade, and those that an old instance sends meanwhile', async () => {
  const { signal } = new AbortController()
  const old = await openOldConsumer()
  await oldVersionStores(messageAt(0, 1, '회의 1'))
  await oldVersionStores(messageAt(2, 2, '회의 2'))
  const upgrade = openUpgrade()
  expect(await found(upgrade, '회의')).toEqual(['회의 2', '회의 1'])
  await upgrade.run(signal)
  expect(await found(upgrade, '회의')).toEqual(['회의 2', '회의 1'])
  expect(await upgrade.isDone()).toBe(false)
  expect(pages).toEqual([2])

  const late = messageAt(1, 3, '회의 3')
  await oldVersionStores(late)
  bus.connection.publish(bus.subjects.roomEvent(late.roomId, 'message'), JSON.stringify(late))
  await bus.flush()
  await indexes.one.add([messageAt(1, 4, '점심')])
  expect(await found(upgrade, '회의')).toEqual(['회의 3', '회의 2', '회의 1'])
  expect(await found(upgrade, '회의', 2)).toEqual(['회의 3', '회의 2'])
  await upgrade.run(signal)
  expect(await upgrade.isDone()).toBe(false)

  await old.close()
  await eventually(async () => {
    await upgrade.run(signal)
    expect(await upgrade.isDone()).toBe(true)
  }, 45_000)
  expect(await oldCollections()).toEqual([])
  expect(await found(upgrade, '회의')).toEqual(['회의 3', '회의 2', '회의 1'])
  expect(await found(openUpgrade(), '회의')).toEqual(['회의 3', '회의 2', '회의 1'])
}, 60_000)

test('an upgrade that was stopped goes on where it was', async () => {
  for (const room of [0, 1, 2]) await storeState(indexes, messageAt(room, 1, `회의 ${room}`))
  const stopped = new IndexUpgrade({
    ...{ bus, store: indexes.store, connection: indexes.mongo, oldIndex: indexes.oldIndex, logger },
    add: indexes.one.add,
    pace: new DutyCycle(0),
    addPage: () => Promise.reject(new Error('stopped')),
  })
  const { signal } = new AbortController()
  await expect(stopped.run(signal)).rejects.toThrow('stopped')
  const [first, second] = roomIds.toSorted() as [string, string]
  const collection = indexes.mongo.collection('searchUpgrade')
  await collection.updateOne({}, { $set: { roomId: first, seq: 1, messages: 1 } })
  const upgrade = openUpgrade()
  await upgrade.run(signal)
  expect(await upgrade.isDone()).toBe(true)
  const texts = await found(upgrade, '회의')
  expect(texts).not.toContain(`회의 ${roomIds.indexOf(first)}`)
  expect(texts).toContain(`회의 ${roomIds.indexOf(second)}`)
})
