import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { Server } from 'socket.io'
import { type Socket as Client, io as connect } from 'socket.io-client'
import type { ClientSocket, Clients } from './session.ts'
import { openSockets } from './socket-server.ts'

let io: Server
let clients: Clients
let client: Client
let server: ClientSocket
/** Writes to the client's connection. */
let writes: jest.SpiedFunction<NonNullable<Socket['_writev']>>[]

beforeEach(async () => {
  const http = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const limits = { chunkBytes: 1_000, eventBytes: 1_000 }
  const opened = openSockets(http, { namespace: '/chat', allowedOrigins: ['*'], limits } as never)
  io = opened.io
  clients = opened.clients
  const connecting = once(http, 'connection')
  const connected = once(clients, 'connection')
  const { port } = http.address() as AddressInfo
  client = connect(`http://127.0.0.1:${port}/chat`, { transports: ['websocket'] })
  const [socket] = await connecting
  server = (await connected)[0]
  await new Promise<void>((resolve) => client.once('connect', resolve))
  writes = (['_write', '_writev'] as const).map((method) =>
    jest.spyOn(socket as Required<Socket>, method as '_writev'),
  )
})
afterEach(async () => {
  client.close()
  await io.close()
})

const countWrites = () => writes.reduce((sum, { mock }) => sum + mock.calls.length, 0)
/** Resolves with the payloads of the first `count` events. */
function heard(count: number) {
  const payloads: unknown[] = []
  const all = Promise.withResolvers<unknown[]>()
  client.onAny((_event, payload) => {
    if (payloads.push(payload) === count) all.resolve(payloads)
  })
  return all.promise
}

test('what one turn of the event loop emits to a socket is one write, in order', async () => {
  const payloads = heard(6)
  server.emit('one', 1)
  clients.emit('two', 2)
  await Promise.resolve()
  server.emit('three', Buffer.from('three'))
  clients.to(server.id).emit('four', 4)
  process.nextTick(() => server.emit('five', 5))
  queueMicrotask(() => server.emit('six', 6))
  expect(await payloads).toHaveLength(6)
  expect(countWrites()).toBe(1)
})

test('events of several turns are several writes', async () => {
  for (let n = 0; n < 3; n++) {
    const payload = heard(1)
    server.emit('event', n)
    await payload
  }
  expect(countWrites()).toBe(3)
})

test('what was emitted before a disconnection arrives', async () => {
  const payload = heard(1)
  const closed = new Promise((resolve) => client.once('disconnect', resolve))
  server.emit('last', 'words')
  server.disconnect(true)
  expect(await payload).toEqual(['words'])
  await closed
})
