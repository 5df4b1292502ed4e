import type { Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  openDatabase,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

const PEOPLE = ['ben', 'cid', 'dan']
const caller = { userId: '', requestId: 'test' }
let stack: TestStack
let bus: Awaited<ReturnType<typeof openTestBus>>
let database: Awaited<ReturnType<typeof openDatabase>>
let ann: PlainClient
let people: PlainClient[]

beforeAll(async () => {
  stack = await startTestStack()
  bus = await openTestBus(stack)
  database = await openDatabase(stack, 'rooms')
  people = await Promise.all(PEOPLE.map((userId) => connectAs(stack, userId)))
  ann = await connectAs(stack, 'ann')
})
afterAll(async () => {
  for (const client of [ann, ...(people ?? [])]) client?.close()
  await database?.close()
  await bus?.close()
  await stack?.close()
})

const counted = async (userIds = PEOPLE) => {
  const { badges } = await bus.ask('countBadges', caller, { userIds, lastSeqs: [] })
  return userIds.map((id) => badges.find(({ userId }) => userId === id)?.unread ?? null)
}
const naive = () =>
  Promise.all(
    people.map(async (client) => {
      const { list } = await client.get<{ list: Room[] }>('listenRooms', {})
      return list.reduce((sum, room) => sum + room.unReadMsgCount, 0)
    }),
  )

test('after any history, a badge is the sum of the unread counts in the list of rooms', async () => {
  const rooms = [
    await makeRoom(ann, PEOPLE),
    await makeRoom(ann, ['ben', 'cid']),
    await makeRoom(ann, ['dan']),
  ]
  for (let n = 0; n < 60; n++) {
    const room = rooms[n % rooms.length] as Room
    const message = await sendText(ann, room._id, `${n}`)
    const place = { roomId: room._id, messageId: message._id }
    const who = people[(n * 7) % people.length] as PlainClient
    if (n % 5 === 0) await who.ask('updateReadMessage', place)
    if (n % 4 === 0) await ann.get('deleteMessage', place)
    if (n % 9 === 0) await ann.ask('hideMessage', { ...place, hidden: true })
    if (n % 18 === 0) await ann.ask('hideMessage', { ...place, hidden: false })
    if (n === 40) await ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['ben'] })
  }
  await eventually(async () => {
    const expected = await naive()
    expect(Math.max(...expected)).toBeGreaterThan(5)
    expect(await counted()).toEqual(expected)
  })
})

test('a user without rooms is left out', async () => {
  expect(await counted(['nobody', '$where'])).toEqual([null, null])
})

test('the query finds memberships by an index, for any number of users', async () => {
  const members = database.collection('members')
  const plan = JSON.stringify(await members.find({ userId: { $in: PEOPLE } }).explain('executionStats'))
  expect(plan).toContain('userId_1_roomId_1')
  expect(plan).not.toContain('COLLSCAN')
})
