import { type Chat, connect } from '@chat/client'
import type { Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  newestPage,
  openWire,
  type PlainClient,
  startTestStack,
  type TestStack,
  type Wire,
} from '@chat/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { noise, picture, type StoredFile } from '../testing.ts'

// File transfer by the typed client, over connections that break.

let stack: TestStack
let wire: Wire
let ann: Chat
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, files: 2 } })
  ben = await connectAs(stack, 'ben', 1)
  ;(await connectAs(stack, 'ann', 1)).close()
})
afterAll(async () => {
  ben?.close()
  await stack?.close()
})
beforeEach(async () => {
  wire = await openWire(stack.gatewayUrls[0] as string)
  ann = await client()
  room = await makeRoom(ben, ['ann'])
})
afterEach(async () => {
  ann?.close()
  await wire?.close()
})

const client = async () =>
  connect({ url: wire.url, token: await stack.token('ann'), reconnectMinMs: 20, reconnectMaxMs: 100 })
const fileOf = (message: Message) => message.data.content.files?.[0] as StoredFile
async function fetched(message: Message) {
  const { url } = await ben.get<{ url: string }>('getFileUrl', {
    roomId: room._id,
    path: fileOf(message).path,
  })
  return Buffer.from(await (await fetch(url)).arrayBuffer())
}
/** Cuts the connection for a moment at each of the percentages. */
function breakingAt(...percents: number[]) {
  const told: number[] = []
  const onProgress = (percent: number) => {
    told.push(percent)
    if (percent < (percents[0] ?? 101)) return
    percents.shift()
    wire.cut()
    setTimeout(wire.mend, 50)
  }
  return { onProgress, told }
}

test('a picked photo arrives with its thumbnail, live and in the gallery', async () => {
  await ben.get('joinRoom', room._id)
  const data = await picture(640, 480).png().toBuffer()
  const picked = new File([new Uint8Array(data)], '바다.png', { type: 'image/png' })
  const message = await ann.upload(picked, { roomId: room._id })
  const file = fileOf(message)
  expect(message.data.type).toBe('PHOTO')
  expect(file).toMatchObject({ name: '바다.png', size: data.length, frameSize: { width: 640, height: 480 } })
  await eventually(() => expect(ben.payloads(`listenMessage_${room._id}`)).toEqual([message]))
  await eventually(async () =>
    expect(await ben.get('listGallery', { roomId: room._id, kind: 'PHOTO' })).toMatchObject({
      list: [{ _id: message._id }],
    }),
  )
  const small = await fetch(await ann.fileUrl(room._id, file.path, { thumbnail: true }))
  expect([small.status, small.headers.get('content-type')]).toEqual([200, 'image/webp'])
})

test('an upload survives lost connections and never goes back', async () => {
  const data = noise(8_000_000)
  const { onProgress, told } = breakingAt(10, 50, 80)
  const message = await ann.upload(data, { roomId: room._id, name: 'large.bin', onProgress })
  expect((await fetched(message)).equals(data)).toBe(true)
  expect(told).toEqual([...told].sort((one, other) => one - other))
  expect(told.at(-1)).toBe(100)
  expect(await newestPage(ben, room._id)).toEqual([message])
})

test('another client with the same syncKey continues the upload', async () => {
  const data = noise(3_000_000)
  const upload = { roomId: room._id, syncKey: 'one' }
  const half = new Promise<void>((resolve) => {
    const begun = ann.upload(data, { ...upload, onProgress: (percent) => percent >= 50 && ann.close() })
    begun.catch(() => resolve())
  })
  await half
  ann = await client()
  const told: number[] = []
  const message = await ann.upload(data, { ...upload, onProgress: (percent) => told.push(percent) })
  expect(told[0]).toBeGreaterThanOrEqual(50)
  expect((await fetched(message)).equals(data)).toBe(true)
  expect(await ann.upload(data, upload)).toEqual(message)
  expect(await newestPage(ben, room._id)).toEqual([message])
})

test('a direct upload goes straight to the object store', async () => {
  const data = noise(20_000_000)
  const { onProgress, told } = breakingAt(40)
  const message = await ann.upload(data, { roomId: room._id, name: 'huge.bin', direct: true, onProgress })
  expect(fileOf(message)).toMatchObject({ name: 'huge.bin', size: data.length })
  expect((await fetched(message)).equals(data)).toBe(true)
  expect(told.at(-1)).toBe(100)
})

test('uploads above the limit of open uploads wait for their turn', async () => {
  const files = Array.from({ length: 6 }, () => noise(1_200_000))
  const messages = await Promise.all(files.map((data) => ann.upload(data, { roomId: room._id })))
  for (const [index, message] of messages.entries())
    expect((await fetched(message)).equals(files[index] as Buffer)).toBe(true)
  expect(await newestPage(ben, room._id)).toHaveLength(6)
})

test('a final refusal rejects at once', async () => {
  const picked = new File(['not a picture'], 'a.png', { type: 'image/png' })
  await expect(ann.upload(picked, { roomId: room._id })).rejects.toMatchObject({
    code: 'FILE_TYPE_NOT_ALLOWED',
  })
  await expect(ann.upload(new Blob([]), { roomId: room._id })).rejects.toMatchObject({
    code: 'SEND_FILE_IS_EMPTY',
  })
  await expect(ann.fileUrl(room._id, 'nothing')).rejects.toMatchObject({ code: 'FILE_NO_EXISTS' })
})
