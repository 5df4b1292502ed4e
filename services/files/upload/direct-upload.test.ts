import type { Envelope, Message, Output, Room } from '@chat/contract'
import {
  connectAs,
  makeRoom,
  newestPage,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { announce, noise, openStored, picture, type Sent, type Stored, send } from '../testing.ts'
import { partSizeOf, partsOf } from './direct-upload.ts'

const MIB = 1024 * 1024
let stack: TestStack
let stored: Stored
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ limits: { fileBytes: 30 * MIB }, instances: { files: 2 } })
  stored = await openStored(stack)
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
})
afterAll(async () => {
  for (const client of [ann, ben]) client?.close()
  await stored?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
})

type UploadLinks = Output<'createUpload'>
const create = (file: Sent, size: number, who = ann) =>
  who.ask('createUpload', { ...file, size }) as Promise<Envelope<UploadLinks>>
const links = async (file: Sent, size: number) => {
  const envelope = await create(file, size)
  expect(envelope.error).toBeNull()
  return envelope.data as UploadLinks
}
const complete = ({ syncKey, roomId }: Sent, parts: object[] = [], who = ann) =>
  who.ask('completeUpload', { syncKey, roomId, parts }) as Promise<Envelope<{ message: Message }>>

/** Puts each part of `data` to its link. */
const put = ({ parts, partSize }: UploadLinks, data: Buffer) =>
  Promise.all(
    parts.map(async ({ partNumber, url }) => {
      const start = (partNumber - 1) * partSize
      const body = new Uint8Array(data.subarray(start, start + partSize))
      expect((await fetch(url, { method: 'PUT', body })).status).toBe(200)
    }),
  )
const refused = (code: string) => expect.objectContaining({ success: false, error: code })

test('a file of any size splits into at most 1,000 parts, all of one size except the last', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 * 1024 ** 4 }), (size) => {
      const parts = partsOf(size)
      const partSize = partSizeOf(size)
      expect(parts.length).toBeLessThanOrEqual(1_000)
      expect(parts.reduce((sum, part) => sum + part.size, 0)).toBe(size)
      expect(parts.every((part, index) => part.number === index + 1)).toBe(true)
      expect(parts.slice(0, -1).every((part) => part.size === partSize)).toBe(true)
    }),
  )
})

test('a file goes straight to S3, and its message is stored when the upload is complete', async () => {
  const file = announce(room._id, { name: 'large.bin' })
  const data = noise(20 * MIB)
  const given = await links(file, data.length)
  expect(given.parts.map(({ partNumber }) => partNumber)).toEqual([1, 2, 3])
  expect(new Date(given.expiresAt).getTime()).toBeGreaterThan(Date.now())
  await put(given, data)
  const { data: answer } = await complete(file, [{ partNumber: 1, etag: 'whatever' }])
  const arrived = answer?.message.data.content.files?.[0]
  expect(arrived).toEqual({ name: 'large.bin', path: expect.any(String), size: data.length })
  expect(data.equals(await stored.bytes(arrived?.path as string))).toBe(true)
  expect(await complete(file)).toMatchObject({ data: answer })
  expect((await links(file, data.length)).parts).toEqual([])
  expect(await newestPage(ann, room._id)).toHaveLength(1)
})

test('a repeated createUpload returns links for the missing parts only', async () => {
  const file = announce(room._id)
  const data = noise(17 * MIB)
  const given = await links(file, data.length)
  await put({ ...given, parts: given.parts.slice(1, 2) }, data)
  const rest = await links(file, data.length)
  expect(rest.parts.map(({ partNumber }) => partNumber)).toEqual([1, 3])
  expect(await complete(file)).toMatchObject({ error: 'INVALID_REQUEST', data: { partNumber: 1 } })
  await put(rest, data)
  const [one, two] = await Promise.all([complete(file), complete(file)])
  expect(one.data).toEqual(two.data)
  expect(await newestPage(ann, room._id)).toHaveLength(1)
})

test('a part of the wrong size counts as missing', async () => {
  const file = announce(room._id)
  const given = await links(file, 9 * MIB)
  await put(given, noise(8 * MIB + 5))
  expect((await links(file, 9 * MIB)).parts.map(({ partNumber }) => partNumber)).toEqual([2])
  expect(await complete(file)).toEqual(refused('INVALID_REQUEST'))
  await put(given, noise(9 * MIB))
  expect(await complete(file)).toMatchObject({ success: true })
})

test('the file type is checked before the message is stored, and a photo gets a thumbnail', async () => {
  const file = announce(room._id, { type: 'PHOTO' })
  const page = Buffer.from('<!doctype html>')
  await put(await links(file, page.length), page)
  const upload = await stored.collection('uploads').findOne({ syncKey: file.syncKey })
  expect(await complete(file)).toEqual(refused('FILE_TYPE_NOT_ALLOWED'))
  expect(await stored.bucket.sizeOf(upload?.path)).toBeNull()
  expect(await newestPage(ann, room._id)).toEqual([])

  const photo = await picture(50, 40).png().toBuffer()
  await put(await links(file, photo.length), photo)
  const { data } = await complete(file)
  expect(data?.message.data.content.files?.[0]).toMatchObject({
    frameSize: { width: 50, height: 40 },
    thumbnail: expect.any(String),
  })
})

test('direct uploads are refused like chunked ones', async () => {
  expect(await create(announce(room._id), 0)).toEqual(refused('SEND_FILE_IS_EMPTY'))
  expect(await create(announce(room._id), 30 * MIB + 1)).toEqual(refused('FILE_TOO_LARGE'))
  expect(await create(announce('elsewhere'), 5)).toEqual(refused('ROOM_NO_EXISTS'))
  expect(await complete(announce(room._id))).toEqual(refused('FILE_NO_EXISTS_WITH_SYNC_KEY'))
  expect(await complete(announce('elsewhere'))).toEqual(refused('ROOM_NO_EXISTS'))
  await ann.get('muteUsers', { roomId: room._id, targetUserIds: ['ben'], minutes: 5 })
  expect(await create(announce(room._id), 5, ben)).toEqual(refused('USER_IS_MUTED'))
})

test('a direct and a chunked upload with one syncKey store one message', async () => {
  const file = announce(room._id)
  const data = noise(1_000)
  const given = await links(file, data.length)
  await put(given, data)
  const { message } = await send(ann, file, data)
  expect(await complete(file)).toMatchObject({ data: { message } })
  expect(await newestPage(ann, room._id)).toEqual([message])
})

test('direct uploads count against the limit of open uploads', async () => {
  for (let n = 0; n < 4; n++) await links({ ...announce(room._id), syncKey: `open-${n}` }, 10)
  expect(await create(announce(room._id), 10)).toEqual(refused('RATE_LIMITED'))
  for (let n = 0; n < 4; n++) {
    const file = { ...announce(room._id), syncKey: `open-${n}` }
    await put(await links(file, 10), noise(10))
    expect(await complete(file)).toMatchObject({ success: true })
  }
})
