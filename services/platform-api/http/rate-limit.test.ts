import { eventually, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// One token is added each second: even a slow machine gets none while the test counts.
const RATE = { requests: 5, seconds: 5 }
let stack: TestStack
beforeAll(async () => {
  stack = await startTestStack({
    platformRate: RATE,
    config: { apiKeys: ['key-of-the-tests', 'another-key'] },
  })
})
afterAll(() => stack?.close())

const get = (key = 'key-of-the-tests') =>
  stack.call('GET', '/v1/users/nobody', undefined, { 'chat-api-key': key })

test('each answer says how many requests of the key remain, and requests above the limit are refused for a while', async () => {
  const answers = []
  for (let n = 0; n < RATE.requests; n++) answers.push(await get())
  expect(answers.map(({ status }) => status)).toEqual(Array(RATE.requests).fill(404))
  expect(answers.map(({ headers }) => headers.get('ratelimit-policy'))).toEqual(
    Array(RATE.requests).fill(`"per-key";q=${RATE.requests};w=${RATE.seconds}`),
  )
  const left = answers.map(({ headers }) =>
    Number(/;r=(\d+);t=\d+$/.exec(headers.get('ratelimit') ?? '')?.[1]),
  )
  expect(left).toEqual([4, 3, 2, 1, 0])

  const refused = await get()
  expect(refused).toMatchObject({
    status: 429,
    body: { success: false, error: 'RATE_LIMITED', retryable: true, retryAfterMs: expect.any(Number) },
  })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(refused.headers.get('ratelimit')).toMatch(/;r=0;/)
  expect((await get('another-key')).status).toBe(404)
  await eventually(async () => expect((await get()).status).toBe(404))
})

test('documents and requests with a wrong key are not counted', async () => {
  for (let n = 0; n < 2 * RATE.requests; n++) {
    expect((await fetch(`${stack.platformUrl}/docs`)).status).toBe(200)
    expect((await get('wrong')).status).toBe(401)
  }
})
