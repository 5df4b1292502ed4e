import { messageId, type Room } from '@chat/contract'
import { type Bus, createLogger, DutyCycle, databaseOf } from '@chat/service'
import {
  connectAs,
  eventually,
  listed,
  makeRoom,
  openDatabase,
  openTestBus,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type mongoose from 'mongoose'
import { ChangeStore } from '../changes/change-store.ts'
import { OldIndex } from '../search/old-index.ts'
import { MessageStore } from '../send/message-store.ts'
import { StoredTimes } from './stored-times.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
const ago = (days: number) => new Date(Date.now() - days * DAY_MS)
type Doc = { _id: string; seq: number; storedAt?: Date; createdAt: Date }

let stack: TestStack
beforeAll(async () => {
  stack = await startTestStack()
})
afterAll(() => stack?.close())

test('what an earlier version stored and did not publish is published after the update', async () => {
  const ann = await connectAs(stack, 'ann')
  ;(await connectAs(stack, 'ben')).close()
  const room = await makeRoom(ann, ['ben'])
  for (const text of ['one', 'two', 'three']) await sendText(ann, room._id, text)
  await ann.get('editMessage', { roomId: room._id, messageId: messageId(room._id, 2), text: 'edited' })
  await eventually(async () => expect((await listed(ann, room._id))?.lastSeq).toBe(3))
  ann.close()
  await stack.close()
  const own = await openDatabase(stack)
  const [messages, changes] = [own.collection<Doc>('messages'), own.collection<Doc>('changes')]
  const sample = (await messages.findOne({ seq: 3 })) as Doc
  const unpublished = {
    ...sample,
    _id: messageId(room._id, 4),
    seq: 4,
    syncKey: 'four',
    createdAt: new Date(),
  }
  await messages.insertOne(unpublished)
  await messages.updateOne({ seq: 1 }, { $set: { createdAt: ago(8) } })
  for (const collection of [messages, changes]) await collection.updateMany({}, { $unset: { storedAt: 1 } })
  await own.collection('upgrades').deleteMany({})
  stack = await startTestStack({ root: stack.root })
  const ben = await connectAs(stack, 'ben')
  await eventually(async () =>
    expect(await listed(ben, room._id)).toMatchObject({ lastSeq: 4, unReadMsgCount: 4 }),
  )
  const isStamped = ({ storedAt, createdAt }: Doc) => storedAt?.getTime() === createdAt.getTime()
  const all = await messages.find({}).sort({ _id: 1 }).toArray()
  expect(all.map(isStamped)).toEqual([false, true, true, true])
  expect((await changes.find({}).toArray()).map(isStamped)).toEqual([true])
  await eventually(async () =>
    expect(await own.collection('upgrades').findOne({})).toMatchObject({ endedAt: expect.any(Date) }),
  )
  ben.close()
  await own.close()
})

/** Passes over a database of its own, with the rooms of the stack. */
let rooms: Room[]
let database: mongoose.Connection
let bus: Bus
let recovered: Date[]
const never = new AbortController().signal

beforeEach(async () => {
  const ann = await connectAs(stack, 'ann')
  ;(await connectAs(stack, 'ben')).close()
  rooms = [await makeRoom(ann, ['ben']), await makeRoom(ann, ['ben'])]
  ann.close()
  database = await openDatabase(stack, `times_${crypto.randomUUID().slice(0, 8)}`)
  bus = await openTestBus(stack)
  recovered = []
})
afterEach(async () => {
  await bus?.close()
  await database?.close()
})

async function storedTimes(pace = new DutyCycle(0), restMs = 0) {
  const adapter = await databaseOf(database)
  const store = new MessageStore(database, adapter)
  const outbox = { recover: async (from: Date) => void recovered.push(from) }
  const parts = { connection: database, bus, store, changes: new ChangeStore(database, adapter, store) }
  const logger = createLogger('silent')
  const oldIndex = new OldIndex(database)
  return new StoredTimes({ ...parts, oldIndex, outbox, logger, pace, restMs })
}

/** As an instance of an earlier version stores. */
const add = (room: Room, seq: number, createdAt = new Date()) =>
  database
    .collection<Doc & { roomId: string; syncKey: string }>('messages')
    .insertOne({ _id: messageId(room._id, seq), roomId: room._id, seq, syncKey: `${seq}`, createdAt })
const timeless = async () => {
  const docs = await database.collection<Doc>('messages').find({}).sort({ _id: 1 }).toArray()
  return docs.filter(({ storedAt }) => !storedAt).map(({ seq }) => seq)
}
const [one, two] = [() => rooms[0] as Room, () => rooms[1] as Room]

test('passes are repeated while an earlier version may run, until one finds nothing', async () => {
  await database.collection<{ _id: number }>('searchPeriods').insertOne({ _id: 1 })
  for (let seq = 1; seq <= 600; seq++) await add(one(), seq, seq <= 100 ? ago(8) : ago(1))
  const times = await storedTimes()
  await times.run(never)
  expect((await timeless()).length).toBe(100)
  expect(recovered).toHaveLength(1)
  const late = new Date()
  await add(two(), 1, late)
  await times.run(never)
  expect((await timeless()).length).toBe(100)
  expect(recovered).toHaveLength(2)
  expect(recovered[1]?.getTime()).toBeLessThan(late.getTime())
  await database.collection('searchPeriods').deleteMany({})
  await times.run(never)
  expect(recovered).toHaveLength(2)
  await add(two(), 2)
  await times.run(never)
  expect((await timeless()).length).toBe(101)
})

test('an earlier version that runs again is noticed at once', async () => {
  const times = await storedTimes(new DutyCycle(0), 60_000)
  await times.run(never)
  await add(one(), 1)
  await times.run(never)
  expect(await timeless()).toEqual([1])
  await database.collection<{ _id: number }>('searchPeriods').insertOne({ _id: 1 })
  await times.run(never)
  expect(await timeless()).toEqual([])
  expect(recovered).toHaveLength(1)
})

test('another instance goes on with a pass, and what it has found is published too', async () => {
  await add(one(), 1)
  await add(two(), 1)
  const dying = new AbortController()
  const pace = new DutyCycle(0)
  const run = pace.run.bind(pace)
  pace.run = async <T>(piece: () => Promise<T>) => {
    const added = await run(piece)
    if (added === 1) dying.abort(new Error('stopped'))
    return added
  }
  await expect((await storedTimes(pace)).run(dying.signal)).rejects.toThrow('stopped')
  expect(await timeless()).toHaveLength(1)
  expect(recovered).toEqual([])
  await (await storedTimes()).run(never)
  expect(await timeless()).toEqual([])
  expect(recovered).toHaveLength(1)
})
