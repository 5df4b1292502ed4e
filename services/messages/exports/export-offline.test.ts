import type { Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  openDatabase,
  openWire,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
  type Wire,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Connection } from 'mongoose'

const PATIENCE_MS = 40_000
let wire: Wire
let stack: TestStack
let database: Connection
let ann: PlainClient
let room: Room

beforeAll(async () => {
  wire = await openWire(process.env.CHAT_TEST_S3_URL as string)
  wire.cut()
  const engines = {
    natsUrl: process.env.CHAT_TEST_NATS_URL as string,
    mongoUrl: process.env.CHAT_TEST_MONGO_URL as string,
    s3Url: wire.through,
  }
  stack = await startTestStack({ engines, instances: { files: 0 } })
  database = await openDatabase(stack)
  ann = await connectAs(stack, 'ann')
  const ben = await connectAs(stack, 'ben')
  ben.close()
  room = await makeRoom(ann, ['ben'])
})
afterAll(async () => {
  ann?.close()
  await database?.close()
  await stack?.close()
  await wire?.close()
})

test('while S3 is unavailable, messages work and an export is retried until S3 is back', async () => {
  await sendText(ann, room._id, 'hello')
  const asked = { roomId: room._id, format: 'JSON' }
  const { exportId } = await ann.get<{ exportId: string }>('exportMessages', asked)
  await eventually(async () => {
    const exports = database.collection<{ _id: string; tries: number }>('exports')
    expect((await exports.findOne({ _id: exportId }))?.tries).toBeGreaterThan(0)
  }, PATIENCE_MS)
  expect((await ann.ask('exportMessages', asked)).error).toBe('RATE_LIMITED')
  await sendText(ann, room._id, 'said later')
  wire.mend()
  const url = await eventually(() => {
    const [ready] = ann.payloads<{ exportId: string; url: string }>('exportReady')
    expect(ready?.exportId).toBe(exportId)
    return ready?.url as string
  }, PATIENCE_MS)
  const list = (await (await fetch(url)).json()) as { data: { content: { text: string } } }[]
  expect(list.map(({ data }) => data.content.text)).toEqual(['hello'])
}, 90_000)

test("an export that fails too often becomes a dead letter and does not block its user's next export", async () => {
  const exports = database.collection<{ _id: string; state: string; tries: number }>('exports')
  const asked = { roomId: room._id, format: 'JSON' }
  wire.cut()
  const { exportId } = await ann.get<{ exportId: string }>('exportMessages', asked)
  await eventually(async () => {
    const waiting = { _id: exportId, claim: null, state: { $ne: 'failed' } }
    await exports.updateOne(waiting, { $set: { tries: 19, dueAt: new Date() } })
    expect(await ann.get('getExport', { exportId })).toMatchObject({ state: 'FAILED' })
  }, PATIENCE_MS)
  const dead = { tries: 20, claim: null, isTold: true, deadAt: expect.any(Date) }
  expect(await exports.findOne({ _id: exportId })).toMatchObject(dead)
  wire.mend()
  expect((await ann.ask('exportMessages', asked)).error).toBeNull()
}, 90_000)
