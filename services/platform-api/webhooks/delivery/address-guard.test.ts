import { startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openReceiver, type Receiver } from '../testing.ts'
import { addressesOf, isPublic, requirePublic } from './address-guard.ts'
import { HttpSender } from './http-sender.ts'

let stack: TestStack
let receiver: Receiver
beforeAll(async () => {
  stack = await startTestStack()
  receiver = await openReceiver()
})
afterAll(async () => {
  await stack?.close()
  await receiver?.close()
})

test.each([
  ...['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.1', '192.167.1.1', '100.63.0.1', '100.128.0.1'],
  ...['2606:4700::1111', '2a00:1450:4001::200e'],
])('%s is public', (address) => expect(isPublic(address)).toBe(true))

test.each([
  ...['127.0.0.1', '127.255.0.1', '0.0.0.0', '0.1.2.3', '10.0.0.1', '172.16.0.1', '172.31.255.255'],
  ...['192.168.1.1', '169.254.169.254', '169.254.0.1', '100.64.0.1', '100.100.100.200', '168.63.129.16'],
  ...['192.0.0.192', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '203.0.113.1'],
  ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', 'fec0::1'],
  ...['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:0:10.0.0.1'],
  ...['64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::1', '2001::1', '2001:db8::1', '100::1', '4000::1'],
  ...['localhost', ''],
])('%s is not public', (address) => expect(isPublic(address)).toBe(false))

const create = (url: string, on = stack) => on.call('POST', '/v1/webhooks', { url })

test.each([
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://169.254.169.254/latest/meta-data',
  'https://localhost/',
  'http://example.com/',
  'https://user:password@example.com/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'no url',
])('%s is refused', async (url) => {
  expect(await create(url)).toMatchObject({ status: 400, body: { error: 'INVALID_REQUEST' } })
})

test('a name that does not resolve yet is accepted', async () => {
  const { status, body } = await create('https://hooks.invalid/chat#part')
  expect({ status, body }).toMatchObject({
    status: 201,
    body: { data: { url: 'https://hooks.invalid/chat' } },
  })
  await stack.call('DELETE', `/v1/webhooks/${(body as { data: { webhookId: string } }).data.webhookId}`)
})

test('a name that later resolves to a private address is refused then, without a connection', async () => {
  const answers = [['93.184.215.14'], ['127.0.0.1'], ['93.184.215.14', '127.0.0.1']]
  const addresses = addressesOf(false, (_name, _options, found) => {
    const now = answers.shift() ?? []
    found(
      null,
      now.map((address) => ({ address, family: 4 })),
    )
  })
  const url = `http://rebound.example:${receiver.port}/`
  await requirePublic(addresses, new URL(url))
  const sender = new HttpSender(addresses, 5_000)
  for (let n = 0; n < 2; n++)
    expect(await sender.send({ url, headers: {}, body: '{}' })).toEqual({ error: 'PRIVATE_ADDRESS' })
  for (const literal of [`http://127.0.0.1:${receiver.port}/`, `http://[::1]:${receiver.port}/`])
    expect(await sender.send({ url: literal, headers: {}, body: '{}' })).toEqual({ error: 'PRIVATE_ADDRESS' })
  expect([receiver.received, receiver.refused]).toEqual([[], []])
  sender.close()
})

test('a connection uses the address that was checked', async () => {
  const asked: string[] = []
  const addresses = addressesOf(true, (name, _options, found) => {
    asked.push(name)
    found(null, [{ address: '127.0.0.1', family: 4 }])
  })
  const sender = new HttpSender(addresses, 5_000)
  const url = `http://receiver.example:${receiver.port}/`
  // The receiver answers 400 because there is no signature.
  expect(await sender.send({ url, headers: {}, body: '{}' })).toEqual({ status: 400, retryAfterMs: null })
  expect(asked).toEqual(['receiver.example'])
  sender.close()
})
