import type { Envelope, Room } from '@chat/contract'
import {
  connectAs,
  makeRoom,
  newestPage,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Ack, announce, noise, openStored, type Stored, send, sendChunk } from '../testing.ts'

const LIMIT = 1_000_000
let stack: TestStack
let stored: Stored
let ann: PlainClient
let ben: PlainClient
let out: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ limits: { fileBytes: LIMIT } })
  stored = await openStored(stack)
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
  out = await connectAs(stack, 'out')
})
afterAll(async () => {
  for (const client of [ann, ben, out]) client?.close()
  await stored?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
})
// A refused upload leaves no open upload behind.
afterEach(async () => {
  expect(await stored.collection('uploads').countDocuments({ state: 'open' })).toBe(0)
})

type Given = Partial<ReturnType<typeof announce>> & { size?: number; slice?: number }
const first = (who: PlainClient, data: Uint8Array, more: Given = {}) =>
  who.ask('sendFileMessage', {
    ...announce(room._id),
    ...{ size: data.length, data: data.subarray(0, 500_000) },
    ...more,
  }) as Promise<Envelope<Ack>>
const refused = (code: string) => expect.objectContaining({ success: false, error: code })

test('an empty file is refused, in its announcement or its data', async () => {
  expect(await first(ben, Buffer.alloc(0))).toEqual(refused('SEND_FILE_IS_EMPTY'))
  expect(await first(ben, noise(5), { size: 0 })).toEqual(refused('SEND_FILE_IS_EMPTY'))
  expect(await first(ben, Buffer.alloc(0), { size: 5 })).toEqual(refused('SEND_FILE_IS_EMPTY'))
})

test('a file of the maximum size arrives; one byte more is refused on the first chunk', async () => {
  expect(await first(ben, noise(LIMIT + 1))).toEqual(refused('FILE_TOO_LARGE'))
  const { file } = await send(ben, announce(room._id), noise(LIMIT))
  expect(file.size).toBe(LIMIT)
})

const page = Buffer.from('<!doctype html><script>alert(1)</script>'.padEnd(900_000))
const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
const archive = Buffer.concat([Buffer.from('504b0304140000000000', 'hex'), noise(900_000)])
const pdf = Buffer.from('%PDF-1.7\n'.padEnd(900_000))

test.each([
  ['an HTML page named as a photo', page, { type: 'PHOTO', name: 'me.jpg' }],
  ['an HTML page sent as a file', page, { name: 'me.jpg' }],
  ['a drawing with a script', drawing, { type: 'PHOTO', name: 'logo.svg' }],
  ['a drawing with a script, as a file', drawing, { name: 'logo.png' }],
  ['an archive named as a photo', archive, { type: 'PHOTO', name: 'me.png' }],
  ['a document named as a video', pdf, { type: 'VIDEO', name: 'me.mp4' }],
  ['a program', Buffer.from('MZ'.padEnd(9_000)), { name: 'me.pdf' }],
] as const)('%s is refused on the first chunk', async (_, data, more) => {
  expect(await first(ben, data, more)).toEqual(refused('FILE_TYPE_NOT_ALLOWED'))
})

test('archives and documents may be sent as files', async () => {
  await send(ben, announce(room._id, { name: 'a.zip' }), archive)
  const { file } = await send(ben, announce(room._id, { name: 'a.pdf' }), pdf)
  expect(await stored.collection('objects').findOne({ _id: file.path as never })).toMatchObject({
    mediaType: 'application/pdf',
  })
})

test('a document in an archive format is recognized as a document', async () => {
  const name = 'mimetype'
  const mediaType = 'application/vnd.oasis.opendocument.text'
  const head = Buffer.alloc(30)
  head.write('PK\x03\x04')
  head.writeUInt32LE(mediaType.length, 18)
  head.writeUInt32LE(mediaType.length, 22)
  head.writeUInt16LE(name.length, 26)
  const document = Buffer.concat([head, Buffer.from(name + mediaType), noise(1_000)])
  const { file } = await send(ben, announce(room._id), document, 20)
  expect(await stored.collection('objects').findOne({ _id: file.path as never })).toMatchObject({ mediaType })
})

test('a forbidden type that only the whole file reveals is refused at the end, and its object is removed', async () => {
  const file = announce(room._id, { type: 'PHOTO' })
  const data = Buffer.from('<!doctype html>')
  const ask = (slice: number) => sendChunk(ben, file, data, slice, 5)
  expect(await ask(0)).toMatchObject({ success: true, data: { slice: 1 } })
  const upload = await stored.collection('uploads').findOne({ syncKey: file.syncKey })
  await ask(1)
  expect(await ask(2)).toEqual(refused('FILE_TYPE_NOT_ALLOWED'))
  expect(await stored.bucket.sizeOf(upload?.path)).toBeNull()
  expect(await ask(2)).toEqual(refused('FILE_NO_EXISTS_WITH_SYNC_KEY'))
})

test('a user who may not write in the room is refused before the file is checked', async () => {
  expect(await first(out, page)).toEqual(refused('ROOM_NO_EXISTS'))
  expect(await first(out, page, { slice: 3 })).toEqual(refused('ROOM_NO_EXISTS'))
  await ann.get('muteUsers', { roomId: room._id, targetUserIds: ['ben'], minutes: 5 })
  expect(await first(ben, page)).toEqual(refused('USER_IS_MUTED'))
  await ann.get('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } })
  expect(await first(ann, page)).toEqual(refused('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED'))
})

const mute = () => ann.get('muteUsers', { roomId: room._id, targetUserIds: ['ben'], minutes: 5 })
const kick = () => ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['ben'] })
const freeze = () =>
  ann.get('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } })

test.each([
  ['muted', mute, 'USER_IS_MUTED'],
  ['kicked', kick, 'ROOM_NO_EXISTS'],
  ['in a frozen room', freeze, 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED'],
] as const)('a user who is %s cannot continue an upload', async (_, keepOut, code) => {
  const data = noise(700_000)
  const byChunks = announce(room._id)
  const byParts = { ...announce(room._id), size: data.length }
  await sendChunk(ben, byChunks, data, 0, 200_000)
  await ben.get('createUpload', byParts)
  await keepOut()
  expect(await sendChunk(ben, byChunks, data, 1, 200_000)).toEqual(refused(code))
  expect(await ben.ask('createUpload', byParts)).toEqual(refused(code))
})

test('a muted user cannot complete an upload', async () => {
  const announced = { ...announce(room._id), size: 5 }
  await ben.get('createUpload', announced)
  await mute()
  const { roomId, syncKey } = announced
  expect(await ben.ask('completeUpload', { roomId, syncKey })).toEqual(refused('USER_IS_MUTED'))
})

test('no message is stored when the sender is muted or kicked during the upload', async () => {
  const file = announce(room._id)
  const data = noise(700_000)
  await sendChunk(ben, file, data, 0, 500_000)
  await ann.get('muteUsers', { roomId: room._id, targetUserIds: ['ben'], minutes: 5 })
  expect(await sendChunk(ben, file, data, 1, 500_000)).toEqual(refused('USER_IS_MUTED'))
  await ann.get('unmuteUsers', { roomId: room._id, targetUserIds: ['ben'] })
  await sendChunk(ben, file, data, 0, 500_000)
  await ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['ben'] })
  expect(await sendChunk(ben, file, data, 1, 500_000)).toEqual(refused('ROOM_NO_EXISTS'))
  expect(await newestPage(ann, room._id)).toEqual([])
})

test('a user may have four open uploads, whatever other users have', async () => {
  const files = Array.from({ length: 6 }, () => announce(room._id))
  const data = noise(600_000)
  const begun = await Promise.all(files.map((file) => sendChunk(ben, file, data, 0, 500_000)))
  const over = begun.filter(({ error }) => error === 'RATE_LIMITED')
  expect(over).toHaveLength(2)
  expect(over[0]?.retryAfterMs).toBeGreaterThan(0)
  await send(ann, announce(room._id), data)
  const open = files.filter((_, index) => begun[index]?.success)
  for (const file of open) await sendChunk(ben, file, data, 1, 500_000)
  const waiting = files.filter((_, index) => !begun[index]?.success)
  for (const file of waiting) await send(ben, file, data)
  expect(await newestPage(ann, room._id)).toHaveLength(7)
})
