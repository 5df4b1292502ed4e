import {
  connectPlain,
  eventually,
  makeRoom,
  newestPage,
  openWire,
  type PlainClient,
  type ServiceProcess,
  startService,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// A stopping gateway answers its requests, and its clients reconnect to another one.

let stack: TestStack
let messages: ServiceProcess

beforeAll(async () => {
  stack = await startTestStack({ instances: { messages: 0 } })
  messages = await startService('messages', stack)
  ;(await connect({ url: stack.gatewayUrl }, 'ben')).close()
})
afterAll(async () => {
  await messages?.kill()
  await stack?.close()
})

const startGateway = (drainMs: number) =>
  startService('gateway', { ...stack, config: { ...stack.config, drainMs } })
const connect = async (gateway: { url: string }, userId = 'ann') =>
  connectPlain(gateway.url, await stack.token(userId))
const readiness = async ({ url }: ServiceProcess) => {
  const response = await fetch(`${url.replace('ws:', 'http:')}/readyz`)
  return { status: response.status, ...((await response.json()) as { checks: object }) }
}
const draft = (roomId: string) => ({
  ...{ roomId, syncKey: crypto.randomUUID() },
  data: { type: 'TEXT', content: 'hello' },
})

test('a stopping gateway reports 503 on /readyz and keeps answering for the drain time', async () => {
  const gateway = await startGateway(2_000)
  expect(await readiness(gateway)).toMatchObject({ status: 200 })
  const ann = await connect(gateway)
  const room = await makeRoom(ann, ['ben'])
  const stopping = gateway.stop()
  await eventually(async () =>
    expect(await readiness(gateway)).toMatchObject({ status: 503, checks: { staying: false, nats: true } }),
  )
  // A client that a balancer still sends here may connect.
  const late = await connect(gateway)
  expect(await late.ask('sendMessage', draft(room._id))).toMatchObject({ success: true })
  expect(await stopping).toBe(0)
  for (const client of [ann, late]) client.close()
})

test('requests in flight are answered before the connection closes', async () => {
  const gateway = await startGateway(0)
  const ann = await connect(gateway)
  const ben = await connect({ url: stack.gatewayUrl }, 'ben')
  const room = await makeRoom(ben, ['ann'])
  await eventually(() => expect(ann.told('listenRoom', room._id)).toBeDefined())
  // The service has the request but does not answer yet.
  process.kill(messages.pid, 'SIGSTOP')
  const order: string[] = []
  const answered = ann.ask('sendMessage', draft(room._id)).then((ack) => {
    order.push(`answered ${ack.success}`)
  })
  ann.socket.once('disconnect', (reason) => order.push(reason))
  await ann.ask('queryPresence', { userIds: ['ben'] })
  const stopping = gateway.stop()
  await eventually(() => expect(connect(gateway)).rejects.toThrow())
  process.kill(messages.pid, 'SIGCONT')
  await answered
  expect(await stopping).toBe(0)
  // A client reconnects after a closed connection. It would not after a disconnect packet.
  await eventually(() => expect(order).toEqual(['answered true', 'transport close']))
  expect(await newestPage(ben, room._id)).toHaveLength(1)
  for (const client of [ann, ben]) client.close()
})

test('a client that does not read does not delay the stop', async () => {
  const gateway = await startGateway(0)
  const wire = await openWire(gateway.url)
  const ann = await connect(wire)
  wire.freeze()
  expect(await gateway.stop()).toBe(0)
  ann.close()
  await wire.close()
})

test('a client reconnects to another gateway', async () => {
  const gateway = await startGateway(0)
  const wire = await openWire(gateway.url)
  const ann: PlainClient = await connectPlain(wire.url, await stack.token('ann'), { reconnection: true })
  const room = await makeRoom(ann, ['ben'])
  const back = new Promise((resolve) => ann.socket.io.once('reconnect', resolve))
  wire.sendTo(stack.gatewayUrl)
  expect(await gateway.stop()).toBe(0)
  await back
  expect(await ann.ask('sendMessage', draft(room._id))).toMatchObject({ success: true })
  ann.close()
  await wire.close()
})
