import type { Message, Room } from '@chat/contract'
import { connectAs, eventually, makeRoom, type PlainClient, sendText } from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type PushStack, register, startPushStack, tokenOf, withDevice } from '../testing/stack.ts'

let on: PushStack
let bob: PlainClient
let room: Room

beforeAll(async () => {
  on = await startPushStack()
  bob = await connectAs(on.stack, 'bob')
  await withDevice(on.stack, 'zed')
  await withDevice(on.stack, 'eve')
})
afterAll(async () => {
  bob?.close()
  await on?.close()
})
beforeEach(async () => {
  room = await makeRoom(on.ann, ['bob', 'zed'])
})

const newToken = () => crypto.randomUUID() as string
const textsOn = (token: string) => on.fcm.shownOn(token).map(({ notification }) => notification?.body)

/** Sends a message and waits until zed, who always gets a push, has it. */
async function told(): Promise<Message> {
  const message = await sendText(on.ann, room._id, crypto.randomUUID())
  await eventually(() => expect(textsOn(tokenOf('zed'))).toContain(`ann: ${message.data.content.text}`))
  return message
}
const hasTold = (token: string, message: Message) =>
  textsOn(token).includes(`ann: ${message.data.content.text}`)

test("every device of a user gets a push in its platform's form", async () => {
  const tokens = [
    await register(bob, newToken(), 'ANDROID'),
    await register(bob, newToken(), 'IOS'),
    await register(bob, newToken(), 'WEB'),
  ] as const
  const message = await told()
  const [android, ios, web] = tokens.map((token) => on.fcm.shownOn(token)[0])
  for (const each of [android, ios, web]) {
    expect(each).toMatchObject({
      notification: { title: 'Room', body: `ann: ${message.data.content.text}` },
      data: { kind: 'message', roomId: room._id, messageId: message._id, badge: '1' },
    })
  }
  expect(android?.android).toMatchObject({
    priority: 'high',
    notification: { notification_count: 1 },
  })
  expect(ios?.apns).toMatchObject({ payload: { aps: { badge: 1, sound: 'default', 'thread-id': room._id } } })
  expect(web?.webpush).toMatchObject({ headers: { Urgency: 'high' }, notification: { renotify: true } })
  const keys = [
    android?.android?.collapse_key,
    ios?.apns?.headers['apns-collapse-id'],
    web?.webpush?.headers.Topic,
  ]
  expect(new Set(keys).size).toBe(1)
  expect(keys[0]).toMatch(/^[\w-]{1,32}$/)
})

test('a device registered twice gets one push', async () => {
  const token = await register(bob, newToken())
  await register(bob, token)
  const message = await told()
  expect(textsOn(token)).toEqual([`ann: ${message.data.content.text}`])
})

test('a device belongs to the user who registered it last', async () => {
  const token = await register(bob, newToken())
  const eve = await connectAs(on.stack, 'eve')
  await register(eve, token)
  expect(hasTold(token, await told())).toBe(false)
  const ofEve = await makeRoom(on.ann, ['eve'])
  const message = await sendText(on.ann, ofEve._id)
  await eventually(() => expect(hasTold(token, message)).toBe(true))
  // A user who unregisters another user's device changes nothing.
  await bob.get('unregisterDevice', { token, platform: 'ANDROID' })
  const next = await sendText(on.ann, ofEve._id, 'next')
  await eventually(() => expect(hasTold(token, next)).toBe(true))
  eve.close()
})

test('an unregistered device gets no more pushes', async () => {
  const token = await register(bob, newToken())
  expect(hasTold(token, await told())).toBe(true)
  await bob.get('unregisterDevice', { token, platform: 'ANDROID' })
  expect(hasTold(token, await told())).toBe(false)
})

test('a device that FCM reports as unregistered is removed, until it registers again', async () => {
  const [dead, alive] = [await register(bob, newToken()), await register(bob, newToken())]
  on.fcm.answers.set(dead, ['UNREGISTERED'])
  await told()
  await told()
  expect([on.fcm.shownOn(dead).length, on.fcm.shownOn(alive).length]).toEqual([1, 2])
  await register(bob, dead)
  expect(hasTold(dead, await told())).toBe(true)
})

test('a device above the maximum of a user replaces the oldest one', async () => {
  const cid = await connectAs(on.stack, 'cid')
  const tokens: string[] = []
  for (let n = 0; n < 21; n++) tokens.push(await register(cid, newToken()))
  const message = await sendText(on.ann, (await makeRoom(on.ann, ['cid']))._id)
  await eventually(() => expect(tokens.filter((token) => hasTold(token, message))).toEqual(tokens.slice(1)))
  cid.close()
})

const ok = { platform: 'ANDROID' }
test.each([
  ['a token of 10 KB', { ...ok, token: 'x'.repeat(10_240) }],
  ['an empty token', { ...ok, token: '' }],
  ['a lone surrogate', { ...ok, token: '\ud800' }],
  ['a token that is not a string', { ...ok, token: { $gt: '' } }],
  ['a list of tokens', { ...ok, token: ['a'] }],
  ['no token', ok],
  ['no platform', { token: 'a' }],
  ['another platform', { token: 'a', platform: 'FRIDGE' }],
  ['nothing', null],
  ['a string', 'token'],
])('%s is refused', async (_what, payload) => {
  for (const event of ['registerDevice', 'unregisterDevice'])
    expect(await bob.ask(event, payload)).toMatchObject({ success: false, error: 'INVALID_REQUEST' })
})

test.each([[null], ['on'], [{}], [{ on: 'yes' }], [{ on: 1 }], [{ on: [] }]])(
  'setMentionAlarm %j is refused',
  async (payload) => {
    expect(await bob.ask('setMentionAlarm', payload)).toMatchObject({ error: 'INVALID_REQUEST' })
  },
)

test('an odd token is tried once, and removed when FCM refuses it', async () => {
  const odd = ['x'.repeat(4_096), '🙂', '$where', '__proto__', 'a.b.*', ' ', '\u0000', '../..'].map(
    (text) => `${text}`,
  )
  for (const token of odd) {
    await register(bob, token)
    on.fcm.answers.set(token, ['INVALID_TOKEN'])
  }
  await told()
  await told()
  expect(odd.map((token) => on.fcm.shownOn(token).length)).toEqual(odd.map(() => 1))
})
