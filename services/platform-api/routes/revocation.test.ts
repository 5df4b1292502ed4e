import {
  connectPlain,
  eventually,
  freePort,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

let stack: TestStack
const clients: PlainClient[] = []
beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2 } })
})
afterAll(async () => {
  for (const client of clients) client.close()
  await stack?.close()
})

const mint = async (userId: string) => {
  const { body } = await stack.call('POST', `/v1/users/${userId}/token`, {})
  return (body as { data: { token: string } }).data.token
}
const enter = async (token: string, gateway = 0) => {
  const client = await connectPlain(stack.gatewayUrls[gateway] as string, token)
  clients.push(client)
  return client
}
const refused = { data: { code: 'TOKEN_INVALID' } }

test('sockets on every gateway get tokenExpired and are closed within five seconds; old tokens never connect again', async () => {
  const old = await mint('alice')
  const sockets = [await enter(old, 0), await enter(old, 0), await enter(old, 1)]
  const bystander = await enter(await mint('bob'))
  const started = performance.now()
  const { status, body } = await stack.call('POST', '/v1/users/alice/revoke')
  expect({ status, body }).toMatchObject({ status: 200, body: { success: true, data: { result: true } } })
  for (const { socket } of sockets) await eventually(() => expect(socket.connected).toBe(false))
  expect(performance.now() - started).toBeLessThan(5_000)
  for (const client of sockets) expect(client.payloads('tokenExpired')).toEqual([{ userId: 'alice' }])
  for (const gateway of [0, 1]) await expect(enter(old, gateway)).rejects.toMatchObject(refused)
  expect(bystander.socket.connected).toBe(true)
})

test('a token that is minted after the answer is valid, even within the same second', async () => {
  await mint('carol')
  for (let times = 0; times < 3; times++) {
    await stack.call('POST', '/v1/users/carol/revoke')
    const client = await enter(await mint('carol'))
    expect(await client.ask('listenRooms', null)).toMatchObject({ success: true })
  }
})

test('a token without iat counts as older than any revocation', async () => {
  await mint('dave')
  const silent = await stack.token('dave')
  expect((await enter(silent)).socket.connected).toBe(true)
  await stack.call('POST', '/v1/users/dave/revoke')
  await expect(enter(silent)).rejects.toMatchObject(refused)
})

test('a revoked token cannot download files', async () => {
  const old = await mint('erin')
  await stack.call('POST', '/v1/users/erin/revoke')
  const url = `${stack.gatewayUrl.replace('ws', 'http')}/files/ab/cdef?token=${old}`
  const answer = await fetch(url, { redirect: 'manual' })
  expect(answer.status).toBe(401)
  expect(await answer.json()).toMatchObject({ error: 'TOKEN_INVALID' })
})

test('a gateway that starts later refuses revoked tokens', async () => {
  const old = await mint('frank')
  await stack.call('POST', '/v1/users/frank/revoke')
  const port = await freePort()
  const { root, natsUrl, mongoUrl, s3Url } = stack
  const later = await startTestStack({
    ...{ root, engines: { natsUrl, mongoUrl, s3Url }, config: { gatewayPort: port } },
    instances: { rooms: 0, messages: 0, files: 0 },
  })
  try {
    await expect(connectPlain(later.gatewayUrl, old)).rejects.toMatchObject(refused)
  } finally {
    await later.close()
  }
})

test('revoking an unknown user fails', async () => {
  expect(await stack.call('POST', '/v1/users/nobody/revoke')).toMatchObject({
    status: 404,
    body: { error: 'USER_NO_EXISTS' },
  })
})
