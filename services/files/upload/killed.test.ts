import type { Envelope, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  newestPage,
  type PlainClient,
  type ServiceProcess,
  startService,
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
  sendChunk,
} from '../testing.ts'

const CHUNK = 500_000
const PATIENCE_MS = 1_000
let stack: TestStack
let stored: Stored
let ann: PlainClient
let room: Room
let running: ServiceProcess[] = []

beforeAll(async () => {
  stack = await startTestStack({ instances: { files: 0 } })
  stored = await openStored(stack)
  ann = await connectAs(stack, 'ann')
  const ben = await connectAs(stack, 'ben')
  ben.close()
})
afterAll(async () => {
  for (const child of running) await child.kill()
  ann?.close()
  await stored?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
})

async function startFiles() {
  const files = await startService('files', stack)
  running.push(files)
  return files
}

async function kill(files: ServiceProcess) {
  await files.kill()
  running = running.filter((other) => other !== files)
}

/** Retries each chunk until it is answered, like a client. */
async function persist(file: Sent, data: Buffer, from = 0): Promise<Ack> {
  for (let slice = from; ; ) {
    const chunk = { ...file, size: data.length, slice, data: chunkOf(data, slice, CHUNK) }
    const asked = ann.socket.timeout(PATIENCE_MS).emitWithAck('sendFileMessage', chunk)
    const envelope: Envelope<Ack> | null = await asked.catch(() => null)
    if (envelope?.data?.message) return envelope.data
    if (envelope?.error && !envelope.retryable) throw new Error(`chunk ${slice}: ${envelope.error}`)
    slice = envelope?.data?.slice ?? slice
  }
}

async function expectArrived(ack: Ack, data: Buffer) {
  const path = ack.message?.data.content.files?.[0]?.path as string
  expect(data.equals(await stored.bytes(path))).toBe(true)
  expect(await newestPage(ann, room._id)).toEqual([ack.message])
}

test('after a kill between two chunks, the next instance continues the upload', async () => {
  const file = announce(room._id)
  const data = noise(13_000_000)
  const first = await startFiles()
  for (let slice = 0; slice < 15; slice++) await sendChunk(ann, file, data, slice, CHUNK)
  await kill(first)
  const second = await startFiles()
  expect(await sendChunk(ann, file, data, 14, CHUNK)).toMatchObject({ data: { slice: 15 } })
  await expectArrived(await persist(file, data, 15), data)
  await kill(second)
})

test('the file arrives once and unchanged, whenever the service is killed', async () => {
  const file = announce(room._id)
  const data = noise(16_000_000)
  let child = await startFiles()
  const arriving = persist(file, data)
  // The kill may hit any moment, for example between a chunk and its ack, or while a part is moved.
  for (const part of [0.1, 0.4, 0.7, 0.9]) {
    await eventually(async () => expect(await progress(file)).toBeGreaterThan(part * data.length))
    await kill(child)
    child = await startFiles()
  }
  await expectArrived(await arriving, data)
  await kill(child)
  // Five instances start one after the other.
}, 90_000)

test.each(['described', 'posted'])(
  'after a kill when the file was %s, the next instance finishes the upload',
  async (moment) => {
    const file = announce(room._id)
    const data = noise(6_000_000)
    const first = await startFiles()
    for (let slice = 0; slice < 11; slice++) await sendChunk(ann, file, data, slice, CHUNK)
    const arriving = persist(file, data, 11)
    await eventually(async () => {
      const upload = await stored.collection('uploads').findOne({ syncKey: file.syncKey })
      if (moment === 'described') expect(upload?.file).toBeTruthy()
      else expect(await newestPage(ann, room._id)).toHaveLength(1)
    })
    await kill(first)
    const second = await startFiles()
    await expectArrived(await arriving, data)
    await kill(second)
  },
)

/** The number of stored bytes. */
async function progress(file: Sent): Promise<number> {
  const upload = await stored.collection('uploads').findOne({ syncKey: file.syncKey })
  const chunks = stored.collection<{ _id: string; end: number }>('chunks')
  const last = await chunks.findOne({ _id: new RegExp(`^${upload?.id}`) }, { sort: { _id: -1 } })
  return last?.end ?? 0
}
