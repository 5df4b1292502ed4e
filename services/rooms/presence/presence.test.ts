import type { Presence, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  openDatabase,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { connect } from '@nats-io/transport-node'

// Presence as others see it, over several devices and gateways. Only users who share a room see it.

let stack: TestStack
let ann: PlainClient
let room: Room
let who: string
let count = 0

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2 } })
  ann = await connectAs(stack, 'ann', 0)
})
afterAll(async () => {
  ann?.close()
  await stack?.close()
})
beforeEach(async () => {
  who = `user-${count++}`
  await stack.post(`/v1/users/${who}/token`, {})
  room = await makeRoom(ann, [who])
  await ann.get('joinRoom', room._id)
})

const query = async (of: PlainClient, ...userIds: string[]) =>
  (await of.get<{ list: Presence[] }>('queryPresence', { userIds })).list
const told = (of: PlainClient = ann, userId = who) =>
  of.payloads<Presence>('presence').filter((presence) => presence.userId === userId)
const states = (of?: PlainClient) => told(of).map(({ online }) => online)

test('a new user is offline and never seen, then online, then offline with the time last seen', async () => {
  expect(await query(ann, who)).toEqual([{ userId: who, online: false, lastSeenAt: null }])
  const before = new Date().toISOString()
  const phone = await connectAs(stack, who, 1)
  expect(await query(ann, who)).toEqual([{ userId: who, online: true, lastSeenAt: expect.any(String) }])
  phone.close()
  await eventually(async () => {
    const [presence] = await query(ann, who)
    expect(presence).toEqual({ userId: who, online: false, lastSeenAt: expect.any(String) })
    expect((presence?.lastSeenAt as string) >= before).toBe(true)
  })
})

test('others receive one event for each change, over all devices and gateways', async () => {
  const phone = await connectAs(stack, who, 0)
  await eventually(() => expect(states()).toEqual([true]))
  const tablet = await connectAs(stack, who, 1)
  phone.close()
  await eventually(async () => expect(await query(ann, who)).toMatchObject([{ online: true }]))
  // From one gateway to another and back.
  tablet.close()
  const again = await connectAs(stack, who, 0)
  expect(await query(ann, who)).toMatchObject([{ online: true }])
  again.close()
  await eventually(() => expect(states()).toEqual([true, false]))
  const [, last] = told()
  expect(last).toEqual({ userId: who, online: false, lastSeenAt: expect.any(String) })
  const back = await connectAs(stack, who, 1)
  await eventually(() => expect(states()).toEqual([true, false, true]))
  back.close()
})

test('two devices that connect at once are one change', async () => {
  const devices = await Promise.all([0, 1, 0, 1].map((gateway) => connectAs(stack, who, gateway)))
  await eventually(() => expect(states()).toEqual([true]))
  for (const device of devices) device.close()
  await eventually(() => expect(states()).toEqual([true, false]))
})

test('each socket that has a shared room open receives one event, other sockets none', async () => {
  const second = await makeRoom(ann, [who])
  await ann.get('joinRoom', second._id)
  const closed = await connectAs(stack, 'ann', 1)
  const open = await connectAs(stack, 'ann', 1)
  await open.get('joinRoom', second._id)
  const phone = await connectAs(stack, who, 1)
  await phone.get('joinRoom', second._id)
  await eventually(() => {
    expect(states(open)).toEqual([true])
    expect(states()).toEqual([true])
  })
  phone.close()
  await eventually(() => {
    expect(states(open)).toEqual([true, false])
    expect(states()).toEqual([true, false])
  })
  expect(states(closed)).toEqual([])
  closed.close()
  open.close()
})

test('users who share no room or may not be seen are left out', async () => {
  const eve = await connectAs(stack, 'eve')
  ;(await connectAs(stack, 'fay')).close()
  expect(await query(eve, who, 'ann', 'eve', 'nobody', '__proto__')).toEqual([])
  const hidden = await makeRoom(ann, ['eve', who], { canShowMemberList: false })
  const ids = async (of: PlainClient) => (await query(of, who, 'ann', 'eve', 'fay', who)).map((p) => p.userId)
  expect(await ids(eve)).toEqual(['ann', 'eve'])
  expect(await ids(ann)).toEqual([who, 'ann', 'eve'])
  await eve.get('joinRoom', hidden._id)
  const phone = await connectAs(stack, who, 0)
  await eventually(() => expect(states()).toEqual([true]))
  phone.close()
  await eventually(() => expect(states()).toEqual([true, false]))
  expect(states(eve)).toEqual([])
  await ann.get('kickOutUsers', { roomId: hidden._id, targetUserIds: ['eve'] })
  expect(await query(eve, 'ann')).toEqual([])
  eve.close()
})

test('the same holds for a caller with many rooms', async () => {
  const joinUsers = [
    { _id: 'gus', nickName: 'Gus' },
    { _id: who, nickName: who },
  ]
  for (let n = 0; n < 25; n++) {
    const link = { sid: `${who}-${n}`, name: 'Many' }
    await stack.post('/chat/room', { name: 'Many', roomType: 'INQUIRY', joinUsers, link })
  }
  const gus = await connectAs(stack, 'gus')
  expect((await query(gus, who, 'ann')).map(({ userId }) => userId)).toEqual([who])
  gus.close()
})

test('a change is one event on the bus, however many rooms there are', async () => {
  for (let n = 0; n < 10; n++) await makeRoom(ann, [who])
  const nats = await connect({ servers: new URL(stack.natsUrl).host })
  const heard: string[] = []
  nats.subscribe(`${stack.root}.event.>`, { callback: (_error, { subject }) => void heard.push(subject) })
  await nats.flush()
  const phone = await connectAs(stack, who, 1)
  await eventually(() => expect(states()).toEqual([true]))
  expect(heard.filter((subject) => subject.endsWith('.presence'))).toHaveLength(1)
  expect(heard.filter((subject) => subject.includes('.room.'))).toEqual([])
  phone.close()
  await nats.close()
})

test('a user wrongly considered offline is online again after the next report of their gateway', async () => {
  const phone = await connectAs(stack, who, 1)
  await eventually(() => expect(states()).toEqual([true]))
  const mongo = await openDatabase(stack, 'rooms')
  const user = { _id: who as never }
  // Due and still connected: nothing is published, and the next check is later.
  await mongo.collection('users').updateOne(user, { $set: { checkAt: new Date(0) } })
  await eventually(async () => {
    const found = await mongo.collection('users').findOne(user)
    expect(found?.checkAt.getTime()).toBeGreaterThan(Date.now())
  })
  expect(states()).toEqual([true])
  await mongo.close()
  phone.close()
})

test.each([
  [{ userIds: Array.from({ length: 101 }, (_, n) => `u${n}`) }],
  [{ userIds: 'ann' }],
  [{ userIds: [{ $ne: '' }] }],
  [{ userIds: [''] }],
  [{ userIds: ['a\u0000b'] }],
  [{}],
  [null],
])('%j is refused', async (input) => {
  expect(await ann.ask('queryPresence', input)).toMatchObject({ success: false, error: 'INVALID_REQUEST' })
})

test('a query may name a hundred users, or none', async () => {
  const many = Array.from({ length: 99 }, (_, n) => `a.b.*.>${n}`)
  expect((await query(ann, ...many, who)).map(({ userId }) => userId)).toEqual([who])
  expect(await query(ann)).toEqual([])
})
