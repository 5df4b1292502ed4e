import { start as startRooms } from '@chat/rooms'
import { ConfigReader, createLogger, createMetrics, openBus } from '@chat/service'
import { connectPlain, mintToken, testSecret } from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { readConfig } from '../config.ts'
import { start } from '../service.ts'

// A gateway whose services are missing or stop.

const root = `t${crypto.randomUUID().slice(0, 8)}`
const natsUrl = process.env.CHAT_TEST_NATS_URL as string
const mongoUrl = process.env.CHAT_TEST_MONGO_URL as string
const config = { ...readConfig(new ConfigReader({}, { isDevelopment: true })), gatewayPort: 0 }
config.auth.secret = testSecret
const logger = createLogger('silent')
const metrics = createMetrics()
const common = {
  logger,
  metrics,
  openBus: () => openBus({ natsUrl, name: 'test', root, logger, metrics, requestTimeoutMs: 60_000 }),
}

let gateway: Awaited<ReturnType<typeof start>>
beforeEach(async () => {
  gateway = await start({ ...common, config })
})
afterEach(async () => {
  await gateway.close()
})
const connect = async () =>
  connectPlain(`ws://127.0.0.1:${gateway.port}`, await mintToken(testSecret, { sub: 'alice' }))

test('a client whose session cannot be loaded is refused at once with SERVICE_UNAVAILABLE', async () => {
  const started = performance.now()
  await expect(connect()).rejects.toMatchObject({ data: { code: 'SERVICE_UNAVAILABLE' } })
  expect(performance.now() - started).toBeLessThan(60_000 / 2)
  // An invalid token is reported first.
  const url = `ws://127.0.0.1:${gateway.port}`
  await expect(connectPlain(url, 'bad')).rejects.toMatchObject({ data: { code: 'TOKEN_INVALID' } })
})

test('an operation is SERVICE_UNAVAILABLE and retryable while its service is gone', async () => {
  const rooms = { ...common, mongoUrl, database: `${root}_rooms`, limits: config.limits }
  const first = await startRooms(rooms)
  const client = await connect()
  expect(await client.ask('listenRooms', null)).toMatchObject({ success: true })
  await first.close()
  expect(await client.ask('listenRooms', null)).toMatchObject({
    success: false,
    error: 'SERVICE_UNAVAILABLE',
    data: null,
    retryable: true,
    requestId: expect.any(String),
  })
  const second = await startRooms(rooms)
  expect(await client.ask('listenRooms', null)).toMatchObject({ success: true })
  client.close()
  await second.close()
})
