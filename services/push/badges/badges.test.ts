import type { Room } from '@chat/contract'
import { connectAs, eventually, makeRoom, type PlainClient, sendText } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type PushStack, register, startPushStack } from '../testing/stack.ts'

let on: PushStack
const clients: PlainClient[] = []

beforeAll(async () => {
  on = await startPushStack()
})
afterAll(async () => {
  for (const client of clients) client.close()
  await on?.close()
})

/** A new user with a phone, and rooms with ann. */
async function withPhone(platform: 'ANDROID' | 'IOS' | 'WEB' = 'IOS') {
  const userId = crypto.randomUUID() as string
  const client = await connectAs(on.stack, userId)
  clients.push(client)
  const token = await register(client, `phone-${userId}`, platform)
  const rooms: [Room, Room] = [await makeRoom(on.ann, [userId]), await makeRoom(on.ann, [userId])]
  return { userId, client, token, rooms }
}
const badgesOn = (token: string) => on.fcm.shownOn(token).map(({ data }) => Number(data.badge))
const silentOn = (token: string) => on.fcm.silentOn(token).map(({ data }) => Number(data.badge))
const lastSilent = (token: string) => silentOn(token).at(-1)

test("a push's badge counts the unread messages of all rooms, its own message included", async () => {
  const { token, rooms } = await withPhone()
  for (const [index, room] of [rooms[0], rooms[1], rooms[0]].entries()) {
    await sendText(on.ann, room._id)
    await eventually(() => expect(badgesOn(token)).toHaveLength(index + 1))
  }
  expect(badgesOn(token)).toEqual([1, 2, 3])
})

test('concurrent messages end with the correct badge', async () => {
  const { token, rooms } = await withPhone()
  await Promise.all(Array.from({ length: 10 }, (_, index) => sendText(on.ann, rooms[0]._id, `${index}`)))
  await eventually(() => expect(badgesOn(token)).toHaveLength(10))
  expect(Math.max(...badgesOn(token))).toBe(10)
})

test.each(['ANDROID', 'IOS'] as const)(
  'an %s device gets a silent push with the new badge when the user reads elsewhere',
  async (platform) => {
    const { token, rooms, client } = await withPhone(platform)
    const first = await sendText(on.ann, rooms[0]._id)
    await sendText(on.ann, rooms[1]._id)
    await eventually(() => expect(badgesOn(token)).toHaveLength(2))
    await client.get('updateReadMessage', { roomId: rooms[0]._id, messageId: first._id })
    await eventually(() => expect(lastSilent(token)).toBe(1))
    await client.get('joinRoom', rooms[1]._id)
    await eventually(() => expect(lastSilent(token)).toBe(0))
    const [silent] = on.fcm.silentOn(token)
    expect(silent?.notification).toBeUndefined()
    expect(silent?.android?.notification).toBeUndefined()
    if (platform === 'IOS') expect(silent?.apns?.payload.aps).toEqual({ badge: 1 })
    client.close()
  },
)

test('a browser, which shows every push, gets no silent push', async () => {
  const { userId, token, rooms, client } = await withPhone('WEB')
  const phone = await register(client, `other-${userId}`, 'IOS')
  await sendText(on.ann, rooms[0]._id)
  await eventually(() => expect([...badgesOn(token), ...badgesOn(phone)]).toEqual([1, 1]))
  await client.get('joinRoom', rooms[0]._id)
  await eventually(() => expect(silentOn(phone)).toEqual([0]))
  expect(silentOn(token)).toEqual([])
})

test('a device without a badge gets no silent push', async () => {
  const { token, rooms, client } = await withPhone()
  await client.get('joinRoom', rooms[0]._id)
  const own = await sendText(on.ann, rooms[0]._id)
  await client.get('updateReadMessage', { roomId: rooms[0]._id, messageId: own._id })
  // In the same round, a device with a badge gets a silent push.
  const other = await withPhone()
  await sendText(on.ann, other.rooms[0]._id)
  await eventually(() => expect(badgesOn(other.token)).toEqual([1]))
  await client.get('joinRoom', rooms[1]._id)
  await other.client.get('joinRoom', other.rooms[0]._id)
  await eventually(() => expect(silentOn(other.token)).toEqual([0]))
  expect(silentOn(token)).toEqual([])
})

test('one request counts the badges of many users', async () => {
  const people = [await withPhone(), await withPhone(), await withPhone()]
  const shared = await makeRoom(
    on.ann,
    people.map(({ userId }) => userId),
  )
  const sent = [
    await sendText(on.ann, shared._id),
    await sendText(on.ann, shared._id),
    await sendText(on.ann, shared._id),
  ]
  await people[1]?.client.get('updateReadMessage', { roomId: shared._id, messageId: sent[0]?._id })
  await people[2]?.client.get('joinRoom', shared._id)
  await on.ann.get('deleteMessage', { roomId: shared._id, messageId: sent[1]?._id })
  const caller = { userId: '', requestId: 'test' }
  const count = async (lastSeqs: { roomId: string; seq: number }[]) => {
    const userIds = people.map(({ userId }) => userId)
    const { badges } = await on.bus.ask('countBadges', caller, { userIds, lastSeqs })
    return userIds.map((id) => badges.find(({ userId }) => userId === id)?.unread)
  }
  await eventually(async () => expect(await count([])).toEqual([2, 1, 0]))
  // A message that rooms has not handled yet.
  expect(await count([{ roomId: shared._id, seq: 4 }])).toEqual([3, 2, 1])
})
