import type { Message, Room } from '@chat/contract'
import { createLogger } from '@chat/service'
import {
  connectAs,
  eventually,
  makeRoom,
  newestPage,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { announce, noise, openStored, picture, type Stored, type StoredFile, send } from '../testing.ts'
import { GarbageCollector } from './garbage-collector.ts'
import { openObjects } from './object-store.ts'
import { openReferences } from './reference-store.ts'

// Files live as long as a message refers to them.

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let stack: TestStack
let stored: Stored
let garbageCollector: GarbageCollector
/** The reported lag of the consumer. */
let lag = 0
let isStoreAway = false
let ann: PlainClient
let ben: PlainClient
let source: Room
let target: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, files: 2, messages: 2 } })
  stored = await openStored(stack)
  const objects = openObjects(stored.database)
  const store = openReferences(stored.database)
  const bucket = new Proxy(stored.bucket, {
    get: (real, name) => {
      if (name === 'remove' && isStoreAway) return () => Promise.reject(new Error('S3 is away'))
      const value = real[name as keyof typeof real] as unknown
      return typeof value === 'function' ? value.bind(real) : value
    },
  })
  const logger = createLogger('silent')
  garbageCollector = new GarbageCollector({ objects, store, bucket, lagMs: async () => lag, logger })
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
})
afterAll(async () => {
  for (const client of [ann, ben]) client?.close()
  await garbageCollector?.close()
  await stored?.close()
  await stack?.close()
})
beforeEach(async () => {
  lag = 0
  isStoreAway = false
  source = await makeRoom(ann, ['ben'])
  target = await makeRoom(ann, ['ben'])
})

const sweepIn = (ms: number) => garbageCollector.sweep(Date.now() + ms)
async function photo() {
  const data = await picture(64, 64).png().toBuffer()
  return send(ann, announce(source._id, { type: 'PHOTO', name: 'a.png' }), data)
}
const share = async ({ roomId, _id }: Message, syncKey = 'share') => {
  const sharing = { roomId, messageId: _id, targetRoomIds: [target._id], syncKey }
  return (await ann.get<{ messages: [Message] }>('shareMessage', sharing)).messages[0]
}
const remove = ({ roomId, _id }: Message) => ann.get('deleteMessage', { roomId, messageId: _id })
const sizes = ({ path, thumbnail }: StoredFile) =>
  Promise.all([path, thumbnail as string].map((each) => stored.bucket.sizeOf(each)))
const recorded = ({ path }: StoredFile) => stored.collection('objects').findOne({ _id: path as never })
/** Waits until the files service has marked or unmarked a file for removal. */
const isDue = (file: StoredFile, expected = true) =>
  eventually(async () => expect('sweepAt' in ((await recorded(file)) ?? {})).toBe(expected))
const isGone = ({ path }: StoredFile) =>
  eventually(async () =>
    expect(await ben.ask('getFileUrl', { roomId: source._id, path })).toMatchObject({
      error: 'FILE_NO_EXISTS',
    }),
  )
const isThere = async (file: StoredFile, room: Room) => {
  const { url } = await ben.get<{ url: string }>('getFileUrl', { roomId: room._id, path: file.path })
  expect((await fetch(url)).status).toBe(200)
}

test('a share refers to the same object, which stays until the last such message is deleted', async () => {
  const { message, file } = await photo()
  const copy = await share(message)
  expect(copy.data).toEqual(message.data)
  await remove(message)
  await isGone(file)
  await sweepIn(100 * HOUR)
  await isThere(file, target)
  expect(await newestPage(ben, target._id)).toMatchObject([{ data: message.data }])

  await remove(copy)
  await isDue(file)
  expect(await sizes(file)).not.toContain(null)
  await sweepIn(2 * MINUTE)
  expect(await sizes(file)).toEqual([null, null])
  expect(await recorded(file)).toBeNull()
})

test('a file that is shared while it is marked for removal stays', async () => {
  const { message, file } = await photo()
  const [shared] = await Promise.allSettled([share(message), remove(message)])
  await isGone(file)
  // Either may win.
  const isShared = shared.status === 'fulfilled'
  await isDue(file, !isShared)
  await sweepIn(2 * MINUTE)
  if (isShared) await isThere(file, target)
  else expect(await sizes(file)).toEqual([null, null])
})

test('an object is removed only after a minute, and after the consumer has handled all older messages', async () => {
  const { message, file } = await photo()
  await remove(message)
  await isDue(file)
  await sweepIn(50_000)
  lag = 5 * MINUTE
  await sweepIn(4 * MINUTE)
  expect(await sizes(file)).not.toContain(null)
  await sweepIn(7 * MINUTE)
  expect(await sizes(file)).toEqual([null, null])
})

test('an object without a message is removed after two days', async () => {
  const path = `00/${crypto.randomUUID()}`
  await stored.bucket.put(path, noise(10), 'image/png')
  const objects = openObjects(stored.database)
  const described = { owner: 'ann', roomId: source._id, size: 10, mediaType: 'image/png', name: 'a' }
  await objects.record({ _id: path, ...described, thumbnail: null, createdAt: new Date() })
  await sweepIn(47 * HOUR)
  expect(await stored.bucket.sizeOf(path)).toBe(10)
  await sweepIn(49 * HOUR)
  expect(await stored.bucket.sizeOf(path)).toBeNull()
})

test('references are checked again before a marked object is removed', async () => {
  const { file } = await photo()
  const { path } = file
  await stored.collection('objects').updateOne({ _id: path as never }, { $set: { sweepAt: new Date(0) } })
  await Promise.all([sweepIn(0), sweepIn(0)])
  await isThere(file, source)
  expect(await recorded(file)).not.toHaveProperty('sweepAt')
})

test('sweeps may run concurrently, and failed removals are retried', async () => {
  const files: StoredFile[] = []
  for (let n = 0; n < 5; n++) {
    const { message, file } = await photo()
    files.push(file)
    await remove(message)
    await isDue(file)
  }
  isStoreAway = true
  await sweepIn(2 * MINUTE)
  for (const file of files) expect(await recorded(file)).not.toBeNull()
  isStoreAway = false
  await Promise.all([sweepIn(2 * MINUTE), sweepIn(2 * MINUTE), sweepIn(2 * MINUTE)])
  for (const file of files) expect([...(await sizes(file)), await recorded(file)]).toEqual([null, null, null])
})
