import { expect, test } from '@jest/globals'
import { reached, useFakeServer } from '../testing/testing.ts'

const { server, client } = useFakeServer()

test('ready resolves on the first connect', async () => {
  const chat = client()
  const states: string[] = []
  chat.onConnection((state) => states.push(state))
  await chat.ready
  expect(chat.state).toBe('connected')
  expect(states).toEqual(['connected'])
})

test('TOKEN_INVALID closes the client, even with a token function', async () => {
  server().door.refuse = () => 'TOKEN_INVALID'
  const chat = client({ token: () => 'bad' })
  const closed = new Promise((resolve) => chat.onConnection((state, error) => resolve([state, error?.code])))
  await expect(chat.ready).rejects.toMatchObject({ code: 'TOKEN_INVALID', retryable: false })
  expect(await closed).toEqual(['closed', 'TOKEN_INVALID'])
  await expect(chat.ask('listenRooms')).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
  expect(server().tokens).toEqual(['bad'])
})

test('an expired fixed token closes the client', async () => {
  server().door.refuse = () => 'TOKEN_EXPIRED'
  await expect(client().ready).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' })
})

test('an unknown namespace closes the client', async () => {
  await expect(client({ namespace: '/none' }).ready).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
})

test('a token function is called again for an expired token', async () => {
  server().door.refuse = (token) => (token === 'token 1' ? 'TOKEN_EXPIRED' : null)
  let made = 0
  await client({ token: async () => `token ${++made}` }).ready
  expect(server().tokens).toEqual(['token 1', 'token 2'])
})

test('a token function that fails is called again', async () => {
  let calls = 0
  const token = async () => {
    if (++calls === 1) throw new Error('no token now')
    return 'token'
  }
  await client({ token }).ready
  expect(calls).toBe(2)
})

test('the client reconnects at once when the browser is online again', async () => {
  const window = new EventTarget()
  Object.assign(globalThis, { addEventListener: window.addEventListener.bind(window) })
  try {
    server().door.refuse = () => (server().tokens.length < 2 ? 'SERVICE_UNAVAILABLE' : null)
    const chat = client({ reconnectMinMs: 60_000, reconnectMaxMs: 60_000 })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(server().tokens).toHaveLength(1)
    window.dispatchEvent(new Event('online'))
    await chat.ready
    expect(server().tokens).toHaveLength(2)
  } finally {
    Reflect.deleteProperty(globalThis, 'addEventListener')
  }
})

test('SERVICE_UNAVAILABLE is retried until the client connects', async () => {
  server().door.refuse = () => (server().tokens.length < 4 ? 'SERVICE_UNAVAILABLE' : null)
  await client().ready
  expect(server().tokens).toHaveLength(4)
})

test('a socket reconnects with a new token when its token expires', async () => {
  let made = 0
  const chat = client({ token: () => `token ${++made}` })
  await chat.ready
  const heard: unknown[] = []
  chat.on('tokenExpired', (payload) => heard.push(payload))
  const back = reached(chat, 'connected')
  server().clients.emit('tokenExpired', { userId: 'ann' })
  server().clients.disconnectSockets(true)
  await back
  expect(heard).toEqual([{ userId: 'ann' }])
  expect(server().tokens).toEqual(['token 1', 'token 2'])
})

test('a lost connection is restored', async () => {
  const chat = client()
  await chat.ready
  const lost = reached(chat, 'reconnecting')
  const back = reached(chat, 'connected')
  server().cut()
  await lost
  await back
})

test('the client waits for a server that is not up yet', async () => {
  const { url } = server()
  await server().close()
  const chat = client({ url, timeoutMs: 30 })
  await expect(chat.ask('listenRooms')).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    retryable: true,
  })
  expect(chat.state).toBe('connecting')
})

test('listeners are removed by the function that on() returns', async () => {
  const chat = client()
  await chat.ready
  const heard: string[] = []
  const off = chat.on('updateRoomLastMessage', (room) => heard.push(`first ${room._id}`))
  chat.onRoom('listenMessage', 'r1', (message) => heard.push(`message ${message.seq}`))
  const last = new Promise((resolve) => chat.on('listenRoom', resolve))
  server().clients.emit('updateRoomLastMessage', { _id: 'r1' })
  server().clients.emit('listenMessage_r1', { seq: 1 })
  server().clients.emit('listenMessage_r2', { seq: 2 })
  await new Promise<void>((resolve) => chat.onRoom('listenMessage', 'r2', () => resolve()))
  off()
  server().clients.emit('updateRoomLastMessage', { _id: 'r1' })
  server().clients.emit('listenRoom', { _id: 'r1' })
  await last
  expect(heard).toEqual(['first r1', 'message 1'])
})

test('close() before the connection rejects ready', async () => {
  const chat = client({ token: () => new Promise<string>(() => {}) })
  chat.close()
  await expect(chat.ready).rejects.toMatchObject({ code: 'CLOSED' })
  expect(chat.state).toBe('closed')
})
