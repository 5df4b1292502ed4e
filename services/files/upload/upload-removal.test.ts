import type { Room } from '@chat/contract'
import { createLogger, createMetrics, DutyCycle } from '@chat/service'
import {
  connectAs,
  eventually,
  makeRoom,
  newestPage,
  openDatabase,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type mongoose from 'mongoose'
import { announce, noise, openStored, type Stored, send, sendChunk } from '../testing.ts'
import { ChunkStore } from './chunk-store.ts'
import { startUploadCleanup } from './upload-removal.ts'
import { UploadStore } from './upload-store.ts'

const HOUR_MS = 60 * 60 * 1000
const CHUNK = 500_000
let stack: TestStack
let stored: Stored
let ann: PlainClient
let room: Room
let uploads: UploadStore
let uploadCleanup: ReturnType<typeof startUploadCleanup>
let mongo: mongoose.Connection

beforeAll(async () => {
  stack = await startTestStack()
  stored = await openStored(stack)
  mongo = await openDatabase(stack, 'files')
  uploads = new UploadStore(mongo, createMetrics())
  const chunks = new ChunkStore(mongo, stored.bucket, new DutyCycle(0))
  const logger = createLogger('silent')
  uploadCleanup = startUploadCleanup({ uploads, chunks, bucket: stored.bucket, logger })
  ann = await connectAs(stack, 'ann')
  const ben = await connectAs(stack, 'ben')
  ben.close()
  room = await makeRoom(ann, ['ben'])
})
afterAll(async () => {
  ann?.close()
  await uploadCleanup?.close()
  await mongo?.close()
  await stored?.close()
  await stack?.close()
})

const count = (name: string) => stored.collection(name).countDocuments()
/** Makes every upload older and waits for the cleanup. */
async function later(hours: number) {
  const collection = stored.collection('uploads')
  for (const { _id, touchedAt } of await collection.find().toArray()) {
    const aged = { touchedAt: new Date(touchedAt.getTime() - hours * HOUR_MS), dueAt: new Date(0) }
    await collection.updateOne({ _id }, { $set: aged })
  }
  uploadCleanup.wake()
  const isBusy = { $or: [{ claim: { $ne: null } }, { dueAt: { $lte: new Date() } }] }
  await eventually(async () => expect(await collection.countDocuments(isBusy)).toBe(0))
}

test('an untouched upload is removed with all its bytes after a day', async () => {
  const file = announce(room._id)
  const data = noise(9_000_000)
  for (let slice = 0; slice < 14; slice++) await sendChunk(ann, file, data, slice, CHUNK)
  await later(23)
  expect(await sendChunk(ann, file, data, 14, CHUNK)).toMatchObject({ data: { slice: 15 } })
  const upload = await stored.collection('uploads').findOne({ syncKey: file.syncKey })
  expect(await stored.bucket.parts(upload?.path, upload?.s3Id)).toHaveLength(1)

  await later(25)
  expect([await count('uploads'), await count('chunks')]).toEqual([0, 0])
  expect(await stored.bucket.list('incoming/')).toEqual([])
  expect(await stored.bucket.parts(upload?.path, upload?.s3Id)).toBeNull()
  expect(await sendChunk(ann, file, data, 15, CHUNK)).toMatchObject({ error: 'FILE_NO_EXISTS_WITH_SYNC_KEY' })
  const { file: arrived } = await send(ann, file, data)
  expect(data.equals(await stored.bytes(arrived.path))).toBe(true)
})

test('after a completed upload is removed, its object stays and its syncKey still answers the message', async () => {
  const file = announce(room._id)
  const { message, file: arrived } = await send(ann, file, noise(700_000))
  await later(25)
  expect([await count('uploads'), await count('chunks')]).toEqual([0, 0])
  expect(await stored.bucket.list('incoming/')).toEqual([])
  expect(await stored.bucket.sizeOf(arrived.path)).toBe(700_000)
  expect((await send(ann, file, noise(700_000))).message).toEqual(message)
  expect((await newestPage(ann, room._id)).at(-1)).toEqual(message)
})

test('an upload of a version without job fields can be completed, and is removed after a day', async () => {
  const [file, abandoned] = [announce(room._id), announce(room._id)]
  const data = noise(700_000)
  for (const each of [file, abandoned]) await sendChunk(ann, each, data, 0, CHUNK)
  const claim = { by: 'an instance that died', until: new Date(0) }
  await stored.collection('uploads').updateMany({}, { $set: { claim }, $unset: { dueAt: 1, tries: 1 } })
  expect(await sendChunk(ann, file, data, 1, CHUNK)).toMatchObject({ data: { progress: 100 } })
  await uploads.scheduleOld()
  await later(25)
  expect(await count('uploads')).toBe(0)
})

test('abandoned uploads stop counting against the limit', async () => {
  const begin = () => sendChunk(ann, announce(room._id), noise(600_000), 0, CHUNK)
  for (let n = 0; n < 4; n++) await begin()
  expect(await begin()).toMatchObject({ error: 'RATE_LIMITED', retryable: true })
  const old = { $set: { openUntil: new Date(Date.now() - 1) } }
  await stored.collection('uploads').updateMany({ openUntil: { $gt: new Date() } }, old)
  expect(await begin()).toMatchObject({ success: true })
})
