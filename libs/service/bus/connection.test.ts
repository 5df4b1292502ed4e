import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { freePort, joinEnds } from '@chat/testing'
import { afterEach, expect, test } from '@jest/globals'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { openBus } from './bus.ts'
import { faultOf } from './outage-fault.ts'

const nats = new URL(process.env.CHAT_TEST_NATS_URL as string)
const INFO = 'INFO {"server_id":"one","version":"2.15.2","max_payload":1048576,"auth_required":true}\r\n'

let server: Server | undefined
afterEach(() => void server?.close())

const open = (host: string, credentials = 'alice:pa%40ss@') =>
  openBus({
    natsUrl: `nats://${credentials}${host}`,
    name: 'test',
    logger: createLogger('silent'),
    metrics: createMetrics(),
    requestTimeoutMs: 10_000,
  })

/** A server that refuses the first connections, each with one of these errors, and passes later ones to NATS. */
async function openRefusing(...refusals: string[]) {
  const ends = new Set<Socket>()
  let connections = 0
  server = createServer((near) => {
    connections += 1
    const refusal = refusals.shift()
    if (refusal === undefined) return joinEnds(near, connect(Number(nats.port), nats.hostname), ends)
    near.on('error', () => {})
    near.write(INFO)
    near.once('data', () => near.end(`-ERR '${refusal}'\r\n`))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
  }
}

test('opening waits for a server that is too busy to let it in at first', async () => {
  const { host, connections } = await openRefusing('Authentication Timeout', 'Authentication Timeout')
  const bus = await open(host, '')
  await bus.ping()
  expect(connections()).toBe(3)
  await bus.close()
})

test('wrong credentials are refused at once', async () => {
  const { host, connections } = await openRefusing('Authorization Violation', 'Authorization Violation')
  await expect(open(host)).rejects.toThrow(/Authorization Violation.*check CHAT_NATS_URL/)
  expect(connections()).toBe(1)
})

test('an unreachable server is an outage, and the error names it without its password', async () => {
  const host = `127.0.0.1:${await freePort()}`
  const error = await open(host).catch((thrown) => thrown)
  expect(error.message).toMatch(
    new RegExp(`^NATS at ${host} cannot be reached \\(.+\\): check CHAT_NATS_URL$`),
  )
  expect(error.message).not.toMatch(/alice|pa%40ss/)
  expect(faultOf(error)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
})
