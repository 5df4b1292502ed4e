import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Answer, type Fcm, startFcm, testAccount } from '../testing/fcm-stand-in.ts'
import { reachGoogleAt } from '../testing/loopback.ts'
import { openFcmSender } from './fcm-sender.ts'
import type { Push, Sender } from './sender.ts'

// The real firebase-admin over HTTP/2, against a stand-in for FCM.

let fcm: Fcm
let sender: Sender
let restore: () => void

beforeAll(async () => {
  fcm = await startFcm()
  restore = reachGoogleAt(fcm.port)
  sender = openFcmSender(testAccount())
})
afterAll(async () => {
  await sender?.close()
  restore?.()
  await fcm?.close()
})
beforeEach(() => {
  fcm.received.length = 0
  fcm.answers.clear()
})

const push = (token: string): Push => ({
  token,
  platform: 'ANDROID',
  content: { kind: 'message', title: 'Room', body: 'hello', roomId: 'r', messageId: 'm', badge: 1 },
})
const results = async (...tokens: string[]) =>
  (await sender.send(tokens.map(push))).map(({ result }) => result)

test.each<[Answer, string]>([
  ['ok', 'sent'],
  ['UNREGISTERED', 'gone'],
  ['INVALID_TOKEN', 'gone'],
  ['INVALID_ARGUMENT', 'refused'],
  ['SENDER_ID_MISMATCH', 'refused'],
  ['QUOTA_EXCEEDED', 'later'],
  ['INTERNAL', 'later'],
])('FCM answers %s: %s after one request', async (answer, result) => {
  fcm.answers.set('device', [answer])
  expect(await results('device')).toEqual([result])
  expect(fcm.received).toHaveLength(1)
})

// The library itself repeats the request some times.
test('an outage is to be retried later', async () => {
  fcm.answers.set(
    'device',
    Array.from({ length: 10 }, () => 'UNAVAILABLE' as const),
  )
  expect(await results('device')).toEqual(['later'])
}, 60_000)

test('a request that is not answered in time is sent again', async () => {
  fcm.answers.set('slow', ['hang'])
  expect(await results('slow', 'fast')).toEqual(['sent', 'sent'])
  expect(fcm.received.map(({ message }) => message.token)).toEqual(['slow', 'fast', 'slow'])
}, 60_000)

test('refused credentials are to be retried later, so no push is lost', async () => {
  const other = openFcmSender(testAccount())
  fcm.isOpen = false
  expect(await other.send([push('device')])).toMatchObject([{ result: 'later' }])
  fcm.isOpen = true
  expect(await other.send([push('device')])).toMatchObject([{ result: 'sent' }])
  await other.close()
})

test('each device of a batch has its own result', async () => {
  const tokens = Array.from({ length: 100 }, (_, index) => `device-${index}`)
  const kinds: [Answer, string][] = [
    ['ok', 'sent'],
    ['UNREGISTERED', 'gone'],
    ['ok', 'sent'],
    ['QUOTA_EXCEEDED', 'later'],
  ]
  const expected = tokens.map((token, index) => {
    const [answer, result] = kinds[index % kinds.length] as [Answer, string]
    fcm.answers.set(token, [answer])
    return result
  })
  expect(await results(...tokens)).toEqual(expected)
  expect(fcm.received).toHaveLength(100)
})

test('a lost connection is to be retried later', async () => {
  const lost = reachGoogleAt(1)
  expect(await results('device')).toEqual(['later'])
  lost()
  expect(await results('device')).toEqual(['sent'])
}, 60_000)
