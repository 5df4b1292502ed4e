import { type RoomActivityEvent, type RoomEvents, subjectsOf } from '@chat/contract'
import { createLogger, ensureStream, openMongo, openOutbox } from '@chat/service'
import { eventually, openDatabase, openTestBus, startTestStack } from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openStore } from '../store/store.ts'
import { adoptFormerEvents, adoptFormerEventsAgain, roomEventSource } from './room-events.ts'

// An earlier version stored events in `facts`, and did not publish them all.

const mongoUrl = process.env.CHAT_TEST_MONGO_URL as string
const natsUrl = process.env.CHAT_TEST_NATS_URL as string
const logger = createLogger('silent')
const roomId = 'former'

let root: string
let database: Awaited<ReturnType<typeof openDatabase>>
let bus: Awaited<ReturnType<typeof openTestBus>>
let heard: RoomActivityEvent[]

beforeEach(async () => {
  root = `t${crypto.randomUUID().replaceAll('-', '').slice(0, 12)}`
  database = await openDatabase({ root, mongoUrl }, 'rooms')
  bus = await openTestBus({ root, natsUrl })
  heard = []
  bus.subscribe(subjectsOf(root).roomEvent(roomId, 'fact'), (event) =>
    heard.push(event.json<RoomEvents['fact']>()),
  )
  await bus.flush()
})
afterEach(async () => {
  await bus?.close()
  await database?.close()
})

async function storeFormer(from: number, to: number) {
  const at = new Date().toISOString()
  const docs = Array.from({ length: to - from }, (_, n) => {
    const _id = `${roomId}-e${String(from + n).padStart(15, '0')}-0`
    return { _id, roomId, fact: { _id, roomId, at, type: 'room.deleted', data: { roomId } } }
  })
  await database.collection('facts').insertMany(docs as never[])
  return docs.map(({ _id }) => _id)
}

const heardIds = () => [...new Set(heard.map(({ _id }) => _id))].sort()
const left = () => database.collection('facts').countDocuments()

async function openInstance() {
  const connection = await openMongo(mongoUrl, `${root}_rooms`)
  const own = await openTestBus({ root, natsUrl })
  await ensureStream(own)
  const store = await openStore(connection)
  const outbox = await openOutbox({
    ...{ connection, bus: own, logger, kinds: ['fact'], sources: [roomEventSource(store)] },
    derive: async () => {},
    ensureStream: () => ensureStream(own),
  })
  const close = async () => {
    await outbox.close()
    await own.close()
    await connection.close()
  }
  return { store, outbox, logger, close }
}

test('events that an earlier version stored and did not publish are published at the start', async () => {
  const ids = await storeFormer(1, 2)
  const stack = await startTestStack({ root })
  await eventually(() => expect(heardIds()).toEqual(ids))
  expect(await left()).toBe(0)
  await stack.close()
})

test('two instances that start together publish all of them', async () => {
  const instances = [await openInstance(), await openInstance()]
  const ids = await storeFormer(1, 251)
  await Promise.all(instances.map(adoptFormerEvents))
  await eventually(() => expect(heardIds()).toEqual(ids))
  expect(await left()).toBe(0)
  expect(await database.collection('roomEvents').countDocuments()).toBe(ids.length)
  for (const instance of instances) await instance.close()
})

test('what an instance of the earlier version stores later is published, too', async () => {
  const instance = await openInstance()
  await adoptFormerEvents(instance)
  const again = adoptFormerEventsAgain(instance, 20)
  const ids = await storeFormer(1, 2)
  await eventually(() => expect(heardIds()).toEqual(ids))
  await again.close()
  expect(await left()).toBe(0)
  await instance.close()
})
