import { type Message, messageId, type Room } from '@chat/contract'
import type { Bus } from '@chat/service'
import {
  connectAs,
  eventually,
  listed,
  makeRoom,
  openDatabase,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type mongoose from 'mongoose'

// What rooms derives from messages can be rebuilt from them while they are in use.

let stack: TestStack
let mongo: mongoose.Connection
let bus: Bus
let ann: PlainClient
let ben: PlainClient
let room: Room
const sent: Message[] = []

beforeAll(async () => {
  stack = await startTestStack({ instances: { rooms: 2, messages: 2 } })
  mongo = await openDatabase(stack, 'rooms')
  bus = await openTestBus(stack)
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
  room = await makeRoom(ann, ['ben'])
  for (let n = 0; n < 10; n++) await send()
  for (const index of [2, 3, 9]) await change('deleteMessage', index)
  await change('hideMessage', 5, { hidden: true })
  await change('hideMessage', 6, { hidden: true })
  await change('hideMessage', 6, { hidden: false })
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await mongo?.close()
  await bus?.close()
  await stack?.close()
})

const send = async () => sent.push(await sendText(ann, room._id))
const change = (event: string, index: number, more = {}) =>
  ann.get(event, { roomId: room._id, messageId: sent[index]?._id, ...more })
const seen = () => listed(ben, room._id)
const recount = (roomId = room._id) => bus.ask('recountRoom', { userId: '', requestId: 'test' }, roomId)

test('a recount of a correct room changes nothing', async () => {
  // The author’s own cursor follows the messages, too.
  const author = { _id: 'ann', lastReadMessageId: sent.at(-1)?._id }
  await eventually(async () =>
    expect(await seen()).toMatchObject({
      unReadMsgCount: 6,
      lastSeq: 10,
      joinUsers: expect.arrayContaining([expect.objectContaining(author)]),
    }),
  )
  expect(await recount()).toEqual({ lastSeq: 10, gone: 4, isChanged: false })
})

test.each([
  ['is missing', { lastSeq: 0, lastMessage: null, lastGone: 0 }, []],
  [
    'is too old',
    { lastSeq: 4, lastGone: 3 },
    [{ seq: 1, isGone: true, updatedAt: '2020-01-01T00:00:00.000Z' }],
  ],
  [
    'is too new',
    { lastSeq: 50, lastGone: 50 },
    [{ seq: 50, isGone: true, updatedAt: '2020-01-01T00:00:00.000Z' }],
  ],
])('a recount corrects a state that %s, and members receive events', async (_how, wrong, marks) => {
  const before = await seen()
  await mongo.collection('rooms').updateOne({ _id: room._id as never }, { $set: wrong })
  await mongo.collection('gone').updateOne({ _id: room._id as never }, { $set: { marks } })
  expect(await seen()).not.toEqual(before)
  const told = ben.payloads('updateRoomLastMessage').length
  expect(await recount()).toEqual({ lastSeq: 10, gone: 4, isChanged: true })
  expect(await seen()).toEqual(before)
  await eventually(() => {
    expect(ben.payloads('updateRoomLastMessage').length).toBeGreaterThan(told)
    expect(ben.shown(room._id).at(-1)).toMatchObject({
      unReadMsgCount: 6,
      lastSeq: 10,
    })
  })
})

test('missing, wrong and surplus mentions are corrected, and members receive events', async () => {
  const mentions = await makeRoom(ann, ['ben'])
  const seen = async () => (await listed(ben, mentions._id))?.unReadMentionCount
  const told = () => ben.shown(mentions._id).at(-1)?.unReadMentionCount
  for (let n = 0; n < 3; n++) await sendText(ann, mentions._id, '@ben')
  await sendText(ann, mentions._id, 'nobody')
  await eventually(async () => expect([await seen(), told()]).toEqual([3, 3]))
  await eventually(() => expect(ben.shown(mentions._id).at(-1)?.lastSeq).toBe(4))
  expect(await recount(mentions._id)).toMatchObject({ isChanged: false })
  const rows = mongo.collection('mentions')
  const row = (seq: number) => ({ _id: `${messageId(mentions._id, seq)}:ben` as never })
  await rows.deleteOne(row(1))
  await rows.updateOne(row(2), { $set: { isOn: false, at: '2020-01-01T00:00:00.000Z' } })
  const wrong = { roomId: mentions._id, userId: 'ben', seq: 4, at: '2020-01-01T00:00:00.000Z', isOn: true }
  await rows.insertOne({ ...row(4), ...wrong })
  await mongo.collection('rooms').updateOne({ _id: mentions._id as never }, { $set: { lastMention: 1 } })
  await rows.deleteOne(row(3))
  expect(await recount(mentions._id)).toMatchObject({ isChanged: true })
  expect(await seen()).toBe(3)
  await eventually(() => expect(told()).toBe(3))
  expect(await recount(mentions._id)).toMatchObject({ isChanged: false })
})

test('a recount may run while messages are sent and deleted', async () => {
  const counting = (async () => {
    for (let n = 0; n < 20; n++) await recount()
  })()
  for (let n = 0; n < 20; n++) {
    await send()
    if (n % 3 === 0) await change('deleteMessage', 10 + n)
  }
  await counting
  await eventually(async () => expect(await seen()).toMatchObject({ unReadMsgCount: 19, lastSeq: 30 }))
  expect(await recount()).toEqual({ lastSeq: 30, gone: 11, isChanged: false })
})

test('a recount of an unknown room fails', async () => {
  await expect(recount('nowhere')).rejects.toMatchObject({ code: 'ROOM_NO_EXISTS' })
})
