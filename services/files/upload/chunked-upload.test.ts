import type { Envelope, Room } from '@chat/contract'
import {
  connectAs,
  makeRoom,
  newestPage,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import {
  type Ack,
  announce,
  chunkOf,
  noise,
  openStored,
  type Sent,
  type Stored,
  send,
  sendChunk,
  sendPlainly,
} from '../testing.ts'

const CHUNK = 500_000
let stack: TestStack
let stored: Stored
let ann: PlainClient
let other: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, files: 2 } })
  stored = await openStored(stack)
  ann = await connectAs(stack, 'ann')
  other = await connectAs(stack, 'ann', 1)
  const ben = await connectAs(stack, 'ben')
  ben.close()
})
afterAll(async () => {
  ann?.close()
  other?.close()
  await stored?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
})

const chunk = (file: Sent, data: Uint8Array, slice: number, who = ann) =>
  sendChunk(who, file, data, slice, CHUNK)
const messages = () => newestPage(ann, room._id)
const pathOf = (envelope: Envelope<Ack>) => envelope.data?.message?.data.content.files?.[0]?.path as string

test.each([
  ['one byte', 1, 500_000],
  ['one chunk', 500_000, 500_000],
  ['one chunk and a byte', 500_001, 500_000],
  ['chunks of 50,000 bytes', 1_234_567, 50_000],
  ['several parts', 12_345_678, 500_000],
  ['exactly one part', 5 * 1024 * 1024, 262_144],
  ['exactly two parts', 10 * 1024 * 1024, 262_144],
])('a file of %s arrives unchanged when chunks have no slice number', async (_, size, chunkBytes) => {
  const data = noise(size)
  const { message, file } = await send(ann, announce(room._id, { name: '보고서.bin' }), data, chunkBytes)
  expect(file).toEqual({ name: '보고서.bin', path: expect.any(String), size })
  expect(data.equals(await stored.bytes(file.path))).toBe(true)
  expect(message).toMatchObject({ roomId: room._id, data: { type: 'FILE' }, author: { authorId: 'ann' } })
  expect(await messages()).toEqual([message])
  expect(await stored.collection('objects').findOne({ _id: file.path as never })).toMatchObject({
    ...{ owner: 'ann', roomId: room._id, size, name: '보고서.bin', thumbnail: null },
    mediaType: 'application/octet-stream',
  })
})

test('acks and progress events give the next chunk and the percentage', async () => {
  const file = announce(room._id)
  const data = noise(1_200_000)
  expect(await chunk(file, data, 0)).toMatchObject({ success: true, data: { slice: 1, progress: 41 } })
  expect(await chunk(file, data, 1)).toMatchObject({ data: { slice: 2, progress: 83 } })
  const last = await chunk(file, data, 2)
  expect(last.data).toEqual({ progress: 100, message: expect.objectContaining({ syncKey: file.syncKey }) })
  expect(ann.payloads(`progress_${file.syncKey}`)).toEqual([41, 83, 100])
})

test('repeated chunks are harmless, and a chunk ahead of its turn is refused with the expected slice', async () => {
  const file = announce(room._id)
  const data = noise(1_700_000)
  expect(await chunk(file, data, 1)).toMatchObject({ error: 'FILE_NO_EXISTS_WITH_SYNC_KEY' })
  await chunk(file, data, 0)
  expect(await chunk(file, data, 2)).toMatchObject({ error: 'FILE_CHUNK_OUT_OF_ORDER', data: { slice: 1 } })
  expect(await chunk(file, data, 0)).toMatchObject({ data: { slice: 1, progress: 29 } })
  await chunk(file, data, 1)
  expect(await chunk(file, data, 1)).toMatchObject({ data: { slice: 2 } })
  await chunk(file, data, 2)
  const last = await chunk(file, data, 3)
  for (const slice of [3, 0, 7]) expect((await chunk(file, data, slice)).data).toEqual(last.data)
  expect(data.equals(await stored.bytes(pathOf(last)))).toBe(true)
  expect(await messages()).toHaveLength(1)
})

test('two files arrive when each chunk is sent twice at once, through two gateways', async () => {
  const [one, two] = [announce(room._id), announce(room._id)]
  const [first, second] = [noise(6_100_000), noise(6_200_000)]
  let last: Envelope<Ack>[] = []
  for (let slice = 0; slice < 13; slice++)
    last = await Promise.all([
      chunk(one, first, slice, ann),
      chunk(two, second, slice, ann),
      chunk(one, first, slice, other),
      chunk(two, second, slice, other),
    ])
  expect(last.map(({ error }) => error)).toEqual([null, null, null, null])
  expect(first.equals(await stored.bytes(pathOf(last[0] as Envelope<Ack>)))).toBe(true)
  expect(second.equals(await stored.bytes(pathOf(last[1] as Envelope<Ack>)))).toBe(true)
  expect(last[2]?.data?.message).toEqual(last[0]?.data?.message)
  expect(await messages()).toHaveLength(2)
})

test('an upload continues through another gateway after a lost connection', async () => {
  const file = announce(room._id)
  const data = noise(6_000_000)
  const lost = await connectAs(stack, 'ann')
  for (let slice = 0; slice < 11; slice++) await chunk(file, data, slice, lost)
  lost.close()
  const last = await chunk(file, data, 11, other)
  expect(data.equals(await stored.bytes(pathOf(last)))).toBe(true)
})

test('a finished upload leaves only its object and its record', async () => {
  const file = announce(room._id)
  const { message } = await send(ann, file, noise(6_000_000))
  const upload = await stored.collection('uploads').findOne({ syncKey: file.syncKey })
  expect(upload).toMatchObject({ state: 'done', openUntil: new Date(0) })
  expect(
    await stored.collection('chunks').countDocuments({ _id: new RegExp(`^${upload?.id}`) as never }),
  ).toBe(1)
  expect(await stored.bucket.list(`incoming/${upload?.id}/`)).toEqual([])
  expect(message.data.content.files?.[0]?.path).toMatch(/^[0-9a-f]{2}\/[0-9a-f]{32}$/)
})

test('an upload with the syncKey of a stored message, even a text, is answered with that message', async () => {
  const syncKey = 'same'
  const text = { roomId: room._id, syncKey, data: { type: 'TEXT', content: 'hello' } }
  const { message } = await ann.get<{ message: unknown }>('sendMessage', text)
  const answer = await sendPlainly(ann, announce(room._id, { syncKey }), noise(10))
  expect(answer.data).toEqual({ message, progress: 100 })
  expect(await messages()).toHaveLength(1)
})

test('another file with the syncKey of an open upload is refused', async () => {
  const file = announce(room._id)
  await chunk(file, noise(900_000), 0)
  expect(await chunk(file, noise(900_001), 1)).toMatchObject({ error: 'INVALID_REQUEST' })
  expect(await chunk({ ...file, type: 'PHOTO' }, noise(900_000), 1)).toMatchObject({
    error: 'INVALID_REQUEST',
  })
})

test('more bytes than announced end the upload, which may then start again', async () => {
  const file = announce(room._id)
  const data = noise(600_000)
  const plain = (bytes: Uint8Array) => ann.ask('sendFileMessage', { ...file, size: data.length, data: bytes })
  await plain(chunkOf(data, 0, CHUNK))
  expect(await plain(chunkOf(data, 0, CHUNK))).toMatchObject({ error: 'INVALID_REQUEST' })
  const { file: arrived } = await send(ann, file, data)
  expect(data.equals(await stored.bytes(arrived.path))).toBe(true)
})

test('a chunk that is empty, too large or not bytes is refused', async () => {
  const file = announce(room._id)
  const tooLong = { ...file, size: 600_000, data: noise(512_001) }
  expect(await ann.ask('sendFileMessage', tooLong)).toMatchObject({ error: 'INVALID_REQUEST' })
  await chunk(file, noise(600_000), 0)
  const empty = { ...file, size: 600_000, slice: 1, data: Buffer.alloc(0) }
  expect(await ann.ask('sendFileMessage', empty)).toMatchObject({ error: 'SEND_FILE_IS_EMPTY' })
  expect(await ann.ask('sendFileMessage', { ...empty, data: 'text' })).toMatchObject({
    error: 'INVALID_REQUEST',
  })
})
