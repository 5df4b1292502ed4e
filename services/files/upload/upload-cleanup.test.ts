import type { Room } from '@chat/contract'
import { createLogger, DutyCycle } from '@chat/service'
import {
  connectAs,
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
import { openChunks } from './chunk-store.ts'
import { UploadCleanup } from './upload-cleanup.ts'
import { openUploads } from './upload-store.ts'

const HOUR_MS = 60 * 60 * 1000
const CHUNK = 500_000
let stack: TestStack
let stored: Stored
let ann: PlainClient
let room: Room
let uploadCleanup: UploadCleanup
let mongo: mongoose.Connection

beforeAll(async () => {
  stack = await startTestStack()
  stored = await openStored(stack)
  mongo = await openDatabase(stack, 'files')
  const [uploads, chunks] = [
    await openUploads(mongo),
    await openChunks(mongo, stored.bucket, new DutyCycle(0)),
  ]
  uploadCleanup = new UploadCleanup({
    uploads,
    chunks,
    bucket: stored.bucket,
    logger: createLogger('silent'),
  })
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
const later = (hours: number) => uploadCleanup.sweep(Date.now() + hours * HOUR_MS)

test('an upload that nobody goes on with is kept for a day, and then forgotten with all its bytes', async () => {
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

test('of one that is done the object stays, and its syncKey still names the message', async () => {
  const file = announce(room._id)
  const { message, file: arrived } = await send(ann, file, noise(700_000))
  await later(25)
  expect([await count('uploads'), await count('chunks')]).toEqual([0, 0])
  expect(await stored.bucket.list('incoming/')).toEqual([])
  expect(await stored.bucket.sizeOf(arrived.path)).toBe(700_000)
  expect((await send(ann, file, noise(700_000))).message).toEqual(message)
  expect((await newestPage(ann, room._id)).at(-1)).toEqual(message)
})

test('abandoned uploads do not count for ever', async () => {
  const begin = () => sendChunk(ann, announce(room._id), noise(600_000), 0, CHUNK)
  for (let n = 0; n < 4; n++) await begin()
  expect(await begin()).toMatchObject({ error: 'RATE_LIMITED', retryable: true })
  const old = { $set: { openUntil: new Date(Date.now() - 1) } }
  await stored.collection('uploads').updateMany({ openUntil: { $gt: new Date() } }, old)
  expect(await begin()).toMatchObject({ success: true })
})
