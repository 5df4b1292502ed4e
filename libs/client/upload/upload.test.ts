import { expect, test } from '@jest/globals'
import { memoryStore } from '../stores/memory-store.ts'
import { type Asked, fail, message, ok } from '../testing/fake-server.ts'
import { shown, useFakeServer } from '../testing/testing.ts'

const { server, client, offlineClient } = useFakeServer()

type Chunk = { syncKey: string; slice: number; data: Uint8Array; size: number; name: string; type: string }
const CHUNK = 500_000
const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251)
const file = bytes(1_200_000)

const chunks = () =>
  server()
    .asked('sendFileMessage')
    .map(({ input }: Asked) => input as Chunk)
const slices = () => chunks().map(({ slice }) => slice)

/** Accepts chunks in order, like the server. */
function fakeUpload() {
  const held: Uint8Array[] = []
  const answer = ({ slice, data, size }: Chunk) => {
    if (slice > held.length)
      return held.length === 0 ? fail('FILE_NO_EXISTS_WITH_SYNC_KEY') : fail('FILE_CHUNK_OUT_OF_ORDER')
    if (slice === held.length) held.push(data)
    const taken = held.reduce((sum, { length }) => sum + length, 0)
    const progress = Math.floor((100 * taken) / size)
    return taken === size ? ok({ progress, message: message('r1', 1) }) : ok({ slice: held.length, progress })
  }
  return { answer, held, content: () => Buffer.concat(held) }
}

test('a file is sent in chunks, in order, and resolves with its message', async () => {
  const upload = fakeUpload()
  server().answer('sendFileMessage', upload.answer)
  const told: number[] = []
  const onProgress = (percent: number) => told.push(percent)
  const options = { roomId: 'r1', name: 'a.bin', syncKey: 'k', onProgress }
  expect(await client().upload(file, options)).toEqual(message('r1', 1))
  expect(upload.content().equals(file)).toBe(true)
  expect(slices()).toEqual([0, 1, 2])
  expect(told).toEqual([41, 83, 100])
  const [first] = chunks()
  expect(first).toMatchObject({ roomId: 'r1', syncKey: 'k', type: 'FILE', size: 1_200_000, name: 'a.bin' })
  expect(first?.data).toHaveLength(CHUNK)
})

test.each([
  ['image/png', 'PHOTO'],
  ['video/mp4', 'VIDEO'],
  ['application/pdf', 'FILE'],
  ['', 'FILE'],
])('a picked file of type %s is sent as %s with its own name', async (type, expected) => {
  server().answer('sendFileMessage', fakeUpload().answer)
  await client().upload(new File([bytes(10)], 'own name.x', { type }), { roomId: 'r1' })
  expect(chunks()).toMatchObject([{ type: expected, name: 'own name.x', size: 10 }])
  expect(chunks()[0]?.syncKey).toMatch(/^[0-9a-f]{32}$/)
})

test('options take precedence over the file’s own name and type', async () => {
  server().answer('sendFileMessage', fakeUpload().answer)
  const picked = new File([bytes(10)], 'x.png', { type: 'image/png' })
  await client().upload(picked, { roomId: 'r1', type: 'FILE', name: 'y.png' })
  expect(chunks()).toMatchObject([{ type: 'FILE', name: 'y.png' }])
})

test('a lost connection repeats only the pending chunk', async () => {
  const upload = fakeUpload()
  server().answer('sendFileMessage', (chunk: Chunk, socket) => {
    const answer = upload.answer(chunk)
    if (slices().filter((slice) => slice === 1).length > 1 || chunk.slice !== 1) return answer
    socket.conn.close()
    return null
  })
  await client().upload(file, { roomId: 'r1' })
  expect(slices()).toEqual([0, 1, 1, 2])
  expect(upload.content().equals(file)).toBe(true)
})

test('a later client with the same syncKey continues where the first one stopped', async () => {
  const upload = fakeUpload()
  server().answer('sendFileMessage', upload.answer)
  upload.held.push(file.subarray(0, CHUNK), file.subarray(CHUNK, 2 * CHUNK))
  await client().upload(file, { roomId: 'r1', syncKey: 'k' })
  expect(slices()).toEqual([0, 2])
  expect(upload.content().equals(file)).toBe(true)
})

test('an upload that the server has lost starts again', async () => {
  const upload = fakeUpload()
  server().answer('sendFileMessage', (chunk: Chunk) => {
    if (slices().length === 3) upload.held.length = 0
    return upload.answer(chunk)
  })
  await client().upload(file, { roomId: 'r1' })
  expect(slices()).toEqual([0, 1, 2, 0, 1, 2])
  expect(upload.content().equals(file)).toBe(true)
})

test('an upload continues from the chunk that the server asks for, even if it is an earlier one', async () => {
  const upload = fakeUpload()
  server().answer('sendFileMessage', (chunk: Chunk) => {
    if (slices().length === 3) upload.held.length = 1
    return upload.answer(chunk)
  })
  await client().upload(file, { roomId: 'r1' })
  expect(slices()).toEqual([0, 1, 2, 0, 1, 2])
  expect(upload.content().equals(file)).toBe(true)
})

test('an upload that the server loses repeatedly is given up', async () => {
  server().answer('sendFileMessage', ({ slice }: Chunk) =>
    slice === 0 ? ok({ slice: 1, progress: 1 }) : fail('FILE_NO_EXISTS_WITH_SYNC_KEY', { retryable: false }),
  )
  const uploads = client().upload(file, { roomId: 'r1' })
  await expect(uploads).rejects.toMatchObject({ code: 'FILE_NO_EXISTS_WITH_SYNC_KEY' })
  expect(slices()).toHaveLength(12)
})

test.each(['TIMEOUT', 'SERVICE_UNAVAILABLE', 'RATE_LIMITED', 'CLIENT_ID_NO_EXISTS'] as const)(
  '%s is retried without a limit',
  async (code) => {
    const upload = fakeUpload()
    server().answer('sendFileMessage', (chunk: Chunk) =>
      slices().length < 7 ? fail(code, { retryable: true, retryAfterMs: 5 }) : upload.answer(chunk),
    )
    await client().upload(bytes(10), { roomId: 'r1' })
    expect(slices()).toEqual(Array(7).fill(0))
  },
)

test('a refusal rejects for the caller', async () => {
  server().answer('sendFileMessage', () => fail('FILE_TYPE_NOT_ALLOWED', { retryable: false }))
  const uploads = client().upload(file, { roomId: 'r1' })
  await expect(uploads).rejects.toMatchObject({ name: 'ChatError', code: 'FILE_TYPE_NOT_ALLOWED' })
  expect(slices()).toEqual([0])
})

test('an aborted upload ends at once, with the reason', async () => {
  const control = new AbortController()
  const uploads = client().upload(file, { roomId: 'r1', signal: control.signal })
  await server().until(() => chunks().length === 1)
  const reason = new Error('not this one')
  control.abort(reason)
  await expect(uploads).rejects.toBe(reason)
  await expect(client().upload(file, { roomId: 'r1', signal: control.signal })).rejects.toBe(reason)
})

test('close() ends an upload', async () => {
  const chat = client()
  const uploads = chat.upload(file, { roomId: 'r1' })
  await server().until(() => chunks().length === 1)
  chat.close()
  await expect(uploads).rejects.toMatchObject({ code: 'CLOSED' })
})

test('the message is added to the cache of its room', async () => {
  server().answer('listenRooms', () => ok({ list: [{ _id: 'r1' }], nextCursor: null }))
  server().answer('listenMessagesByRoom', () => ok({ list: [], hasMoreBefore: false, hasMoreAfter: false }))
  server().answer('joinRoom', () => ok({ lastSeq: 0, lastChange: 0 }))
  server().answer('sendFileMessage', fakeUpload().answer)
  const chat = offlineClient({ store: memoryStore() })
  await chat.openRoom('r1', { onMessage: () => {} })
  await chat.upload(bytes(10), { roomId: 'r1' })
  await shown(chat, async () => (await chat.cache.messages('r1')).length === 1)
})

test('fileUrl() requests the link by room and path', async () => {
  server().answer('getFileUrl', () => ok({ url: 'https://store/p', expiresAt: 'soon' }))
  expect(await client().fileUrl('r1', 'p', { thumbnail: true })).toBe('https://store/p')
  expect(server().asked('getFileUrl')).toMatchObject([
    { input: { roomId: 'r1', path: 'p', thumbnail: true } },
  ])
})
