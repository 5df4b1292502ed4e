import { once } from 'node:events'
import { connect as connectTcp, type Socket as TcpSocket } from 'node:net'
import {
  connectAs,
  connectPlain,
  eventually,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'

// Malformed frames are answered or close their socket; other clients are not affected.

let stack: TestStack
let alice: PlainClient
let sockets: WebSocket[]

beforeAll(async () => {
  stack = await startTestStack()
  alice = await connectAs(stack, 'alice')
})
beforeEach(() => {
  sockets = []
})
afterEach(async () => {
  for (const socket of sockets) socket.close()
  // The process is alive, and an earlier client is still connected.
  expect(await alice.ask('listenRooms', null)).toMatchObject({ success: true })
  expect((await fetch(`http${stack.gatewayUrl.slice(2)}/livez`)).status).toBe(200)
})
afterAll(async () => {
  alice?.close()
  await stack?.close()
})

/** A raw websocket for engine.io frames, and the frames that it has received. */
async function openRaw() {
  const socket = new WebSocket(`${stack.gatewayUrl}/socket.io/?EIO=4&transport=websocket`)
  sockets.push(socket)
  const heard: string[] = []
  socket.addEventListener('message', ({ data }) => heard.push(String(data)))
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error('not opened')))
  })
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()))
  return { socket, heard, closed }
}

/** The same, authenticated as mallory. */
async function openSignedIn() {
  const raw = await openRaw()
  raw.socket.send(`40/chat,${JSON.stringify({ token: await stack.token('mallory') })}`)
  await eventually(() => expect(raw.heard.some((packet) => packet.startsWith('40/chat,{'))).toBe(true))
  return raw
}

const malformed = [
  'garbage',
  '',
  '9',
  '4',
  '49',
  '42/chat',
  '42/chat,',
  '42/chat,[',
  '42/chat,{}',
  '42/chat,[]',
  '42/chat,[null]',
  '42/chat,[{}]',
  '42/chat,["disconnect"]',
  '42/chat,["connect_error",{}]',
  '42/other,["listenRooms",null]',
  '41/other,',
  '43/chat,7[1]',
  '44/chat,"x"',
  '45/chat,["listenRooms"]',
  '451-/chat,["listenRooms",{"_placeholder":true,"num":9}]',
  '459999999-/chat,["listenRooms",{"_placeholder":true,"num":0}]',
  '40/chat,{"token":1}',
  '\ud800',
  'b!!!not base64',
]

test.each(malformed)('the packet %j is answered, ignored, or closes its socket', async (packet) => {
  const { socket, heard, closed } = await openSignedIn()
  socket.send(packet)
  socket.send(new Uint8Array([1, 2, 3]))
  socket.send('42/chat,5["listenRooms",null]')
  await Promise.race([
    closed,
    eventually(() =>
      expect(heard.find((answer) => answer.startsWith('43/chat,5'))).toContain('"success":true'),
    ),
  ])
})

test.each([
  '40/chat',
  '40/chat,',
  '40/chat,null',
  '40/chat,5',
  '40/chat,[]',
  '40/chat,{"token":{"__proto__":1}}',
  '40/chat,{',
])('connecting with %j is refused', async (packet) => {
  const { socket, heard, closed } = await openRaw()
  socket.send(packet)
  await Promise.race([
    closed,
    eventually(() =>
      expect(heard.some((answer) => answer.startsWith('44/chat') && answer.includes('TOKEN_INVALID'))).toBe(
        true,
      ),
    ),
  ])
  expect(heard.filter((answer) => answer.startsWith('40/chat'))).toEqual([])
})

test('an event before authentication closes the socket', async () => {
  const { socket, heard, closed } = await openRaw()
  socket.send('42/chat,1["listenRooms",null]')
  await closed
  expect(heard.filter((packet) => packet.startsWith('43'))).toEqual([])
})

test('payloads nested up to 50,000 deep are INVALID_REQUEST', async () => {
  const { socket, heard } = await openSignedIn()
  const deep = '['.repeat(30_000) + ']'.repeat(30_000)
  const objects = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`
  const payloads = [
    deep,
    '['.repeat(50_000) + ']'.repeat(50_000),
    objects,
    `{"syncKey":"s","roomId":"r","data":{"type":"TEXT","content":"x"},"meta":${objects}}`,
    `{"syncKey":"s","roomId":"r","data":{"type":"TEXT","content":${deep}}}`,
  ]
  for (const [index, payload] of payloads.entries()) socket.send(`42/chat,${index}["sendMessage",${payload}]`)
  for (const index of payloads.keys()) {
    await eventually(() =>
      expect(heard.find((packet) => packet.startsWith(`43/chat,${index}`))).toContain(
        '"error":"INVALID_REQUEST"',
      ),
    )
  }
})

test('a frame above the transport’s maximum closes its socket', async () => {
  for (const frame of [
    'x'.repeat(1_000_000),
    `42/chat,["sendMessage","${'x'.repeat(1_000_000)}"]`,
    new Uint8Array(1_000_000),
  ]) {
    const { socket, closed } = await openSignedIn()
    socket.send(frame)
    await closed
  }
})

/** A TCP connection after the websocket handshake, for frames that no websocket client sends. */
async function openTcp(): Promise<TcpSocket> {
  const { hostname, port } = new URL(stack.gatewayUrl)
  const tcp = connectTcp(Number(port), hostname)
  tcp.on('error', () => {})
  tcp.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await once(tcp, 'data')
  return tcp
}

test.each([
  ['random bytes', Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 197 + 91) % 256))],
  ['an unmasked frame', Buffer.from([0x81, 0x02, 0x34, 0x30])],
  ['a reserved opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
  ['a length of 2^63', Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
  ['text that is not UTF-8', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28])],
  ['a close frame of one byte', Buffer.from([0x88, 0x81, 0, 0, 0, 0, 0x03])],
])('raw websocket: %s closes the connection', async (_, bytes) => {
  const tcp = await openTcp()
  const closed = once(tcp, 'close')
  tcp.resume()
  tcp.write(bytes)
  await closed
})

test('only the websocket transport is available', async () => {
  const url = `http${stack.gatewayUrl.slice(2)}/socket.io/`
  for (const query of [
    '?EIO=4&transport=polling',
    '?EIO=3&transport=websocket',
    '?EIO=4&transport=__proto__',
    '',
  ]) {
    expect((await fetch(`${url}${query}`)).status).toBe(400)
  }
  expect((await fetch(`${url}?EIO=4&transport=polling`, { method: 'POST', body: '40' })).status).toBe(400)
  expect((await fetch(`${url}socket.io.js`)).status).toBeGreaterThanOrEqual(400)
})

test.each(['/', '/other', '/chat/', '/chatx', '/__proto__'])(
  'the namespace %s refuses connections',
  async (namespace) => {
    const connecting = connectPlain(stack.gatewayUrl, await stack.token('alice'), { namespace })
    await expect(connecting).rejects.toBeInstanceOf(Error)
  },
)
