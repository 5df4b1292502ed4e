import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { start } from '@chat/push'
import { createLogger, Metrics, openBus, openMongo } from '@chat/service'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// What an operator sees of pushes that were given up on, and does about them. Scripts speak to the stack of this name.
const root = 'chat'
const natsUrl = process.env.CHAT_TEST_NATS_URL as string
const mongoUrl = process.env.CHAT_TEST_MONGO_URL as string
const database = `pushes-${crypto.randomUUID().slice(0, 8)}`

const at = new Date()
let push: Awaited<ReturnType<typeof start>>
let mongo: Awaited<ReturnType<typeof openMongo>>

beforeAll(async () => {
  const [logger, metrics] = [createLogger('silent'), new Metrics()]
  push = await start({
    ...{ config: { fcm: null }, mongoUrl, database, logger, metrics },
    openBus: () => openBus({ natsUrl, name: 'push', root, logger, metrics, requestTimeoutMs: 2_000 }),
  })
  mongo = await openMongo(mongoUrl, database)
  await mongo.collection('setAside').insertMany(['room-1', 'room-2', 'room-3'].map(setAside) as never[])
})
afterAll(async () => {
  await mongo?.dropDatabase()
  await mongo?.close()
  await push?.close()
})

const setAside = (_id: string) => ({
  _id,
  notice: { messageId: _id, roomId: 'room', seq: 1, authorId: 'ann', mentions: [], body: 'hello' },
  ...{ only: null, isSecond: false, reason: 'messaging/internal-error', tries: 5, at },
})

const line = (id: string) => `${id}  ${at.toISOString()}  5 tries: messaging/internal-error`

const run = async (...args: string[]) => {
  const env = { ...process.env, CHAT_NATS_URL: natsUrl }
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/pushes.ts', ...args], { env })
  return stdout.trim().split('\n')
}

test('they are listed', async () => {
  expect(await run()).toEqual([line('room-1'), line('room-2'), line('room-3'), '3 set aside'])
})

test('those named are tried again, then all others', async () => {
  expect(await run('replay', 'room-2', 'none')).toEqual(['1 tried again'])
  expect((await run('list')).at(-1)).toBe('2 set aside')
  expect(await run('replay')).toEqual(['2 tried again'])
  expect(await run()).toEqual(['0 set aside'])
})

test('anything else is refused', async () => {
  await expect(run('delete')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('no delete') })
})
