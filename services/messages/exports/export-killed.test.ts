import type { Message, Room } from '@chat/contract'
import { openBucket } from '@chat/service'
import {
  connectAs,
  eventually,
  makeRoom,
  openDatabase,
  type PlainClient,
  type ServiceProcess,
  sendText,
  startService,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Connection } from 'mongoose'
import { seedRoom } from '../testing.ts'

type Ready = { exportId: string; url: string }
type Stored = {
  _id: string
  state: string
  claim: string | null
  parts: { from: number; to: number; size: number }[]
}

/** Longer than a lease, and than a busy machine needs. */
const PATIENCE_MS = 60_000
let stack: TestStack
let database: Connection
let messages: ServiceProcess
let ann: PlainClient
let room: Room
let first: Message

beforeAll(async () => {
  stack = await startTestStack({ instances: { messages: 0 } })
  database = await openDatabase(stack)
  messages = await startService('messages', stack)
  ann = await connectAs(stack, 'ann')
  const ben = await connectAs(stack, 'ben')
  ben.close()
})
afterAll(async () => {
  await messages?.kill()
  ann?.close()
  await database?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await eventually(() => makeRoom(ann, ['ben']), PATIENCE_MS)
  first = await sendText(ann, room._id, 'first')
})

const exportRoom = async () =>
  (await ann.get<{ exportId: string }>('exportMessages', { roomId: room._id, format: 'JSON' })).exportId
const stored = async (exportId: string) =>
  (await database.collection<Stored>('exports').findOne({ _id: exportId })) as Stored
const partsOf = async (exportId: string) => (await stored(exportId)).parts
const untilParts = (exportId: string, count: number) =>
  eventually(async () => expect((await partsOf(exportId)).length).toBeGreaterThanOrEqual(count), PATIENCE_MS)
const exportJobs = () => database.collection<{ _id: string; claim: string | null; dueAt: Date }>('exports')
/** Takes the lease of a running export with an uploaded part from its worker, so that it waits. */
async function hold(exportId: string) {
  const running = { _id: exportId, state: 'running', 'parts.0': { $exists: true } }
  const held = { claim: 'the test', dueAt: new Date(Date.now() + 3_600_000) }
  expect((await exportJobs().updateOne(running, { $set: held })).matchedCount).toBe(1)
}
const release = (exportId: string) =>
  exportJobs().updateOne({ _id: exportId }, { $set: { claim: null, dueAt: new Date() } })
const notices = (exportId: string) =>
  ann.payloads<Ready>('exportReady').filter((ready) => ready.exportId === exportId)
const ready = (exportId: string) =>
  eventually(() => {
    const [notice] = notices(exportId)
    if (!notice) throw new Error('not told yet')
    return notice
  }, PATIENCE_MS)
const seqsIn = async ({ url }: Ready) =>
  ((await (await fetch(url)).json()) as { seq: number }[]).map(({ seq }) => seq)
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** The objects of finished exports. */
async function objects() {
  const bucket = await openBucket({ url: stack.s3Url, bucket: stack.config.s3.bucket })
  const paths = await bucket.list('exports/')
  bucket.close()
  return paths
}

test.each(['kill', 'stop'] as const)(
  'after a %s another instance resumes the export: one object, one event',
  async (end) => {
    const before = await objects()
    await seedRoom(database, first, 7_500, (seq) => `${seq} `.padEnd(4_000, 'x'))
    const exportId = await exportRoom()
    await untilParts(exportId, 2)
    await messages[end]()
    const left = await partsOf(exportId)
    expect(await stored(exportId)).toMatchObject({ state: 'running' })
    messages = await startService('messages', stack)
    expect(await seqsIn(await ready(exportId))).toEqual(upTo(7_500))
    // Parts uploaded earlier were kept.
    expect((await partsOf(exportId)).slice(0, left.length)).toEqual(left)
    await eventually(async () => expect((await stored(exportId)).claim).toBeNull())
    expect(notices(exportId)).toHaveLength(1)
    expect(await objects()).toHaveLength(before.length + 1)
  },
  150_000,
)

test('a message deleted during the export is left out, even if its part was uploaded', async () => {
  await seedRoom(database, first, 100, (seq) => `${seq} `.padEnd(500_000, 'x'))
  const exportId = await exportRoom()
  await eventually(() => hold(exportId), PATIENCE_MS)
  const [part] = await partsOf(exportId)
  const ids = await database
    .collection('messages')
    .find({ roomId: room._id }, { projection: { seq: 1 } })
    .sort({ _id: 1 })
    .toArray()
  const gone = upTo(4)
  for (const seq of gone) {
    const place = { roomId: room._id, messageId: ids[seq - 1]?._id }
    // The 50 MB that were written directly to the store are published now: a slow disk may exceed the answer's time limit.
    if (seq === 1) await eventually(() => ann.get('hideMessage', { ...place, hidden: true }), PATIENCE_MS)
    else await eventually(() => ann.get('deleteMessage', place), PATIENCE_MS)
  }
  await release(exportId)
  expect(await seqsIn(await ready(exportId))).toEqual(upTo(100).slice(4))
  // The rest of the first part was too small for S3.
  expect((await partsOf(exportId))[0]?.to).toBeGreaterThan(part?.to as number)
}, 150_000)

test('an export whose uploaded parts are lost starts again', async () => {
  await seedRoom(database, first, 8_000, (seq) => `${seq} `.padEnd(4_000, 'x'))
  const exportId = await exportRoom()
  await untilParts(exportId, 2)
  await messages.kill()
  await database
    .collection<{ _id: string }>('exports')
    .updateOne({ _id: exportId }, { $set: { uploadId: 'lost' } })
  messages = await startService('messages', stack)
  expect(await seqsIn(await ready(exportId))).toEqual(upTo(8_000))
}, 150_000)
