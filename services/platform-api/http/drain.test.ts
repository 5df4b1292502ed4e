import { eventually, startService, startTestStack, type TestStack, testApiKey } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack()
})
afterAll(() => stack?.close())

test('a stopping instance still answers requests, and closes each connection', async () => {
  const place = { ...stack, config: { ...stack.config, drainMs: 2_000 } }
  const platform = await startService('platform-api', place)
  const ask = (path: string) =>
    fetch(`${platform.url.replace('ws:', 'http:')}${path}`, { headers: { 'chat-api-key': testApiKey } })
  expect((await ask('/readyz')).status).toBe(200)
  const before = await ask('/v1/users/nobody')
  expect(before.headers.get('connection')).toBe('keep-alive')
  const stopping = platform.stop()
  await eventually(async () => expect((await ask('/readyz')).status).toBe(503))
  const meanwhile = await ask('/v1/users/nobody')
  expect(await meanwhile.json()).toMatchObject({ error: 'USER_NO_EXISTS' })
  expect(meanwhile.headers.get('connection')).toBe('close')
  expect(await stopping).toBe(0)
  await expect(ask('/readyz')).rejects.toThrow()
})
