import type { Room } from '@chat/contract'
import { eventually, makeRoom, sendText } from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type PushStack, startPush, startPushStack, tokenOf, withDevice } from '../testing/stack.ts'

let on: PushStack
let room: Room
const caller = { userId: '', requestId: 'operator' }
const [BOB, ZED] = [tokenOf('bob'), tokenOf('zed')]

beforeAll(async () => {
  on = await startPushStack()
  await withDevice(on.stack, 'bob')
  await withDevice(on.stack, 'zed')
  room = await makeRoom(on.ann, ['bob', 'zed'])
})
afterAll(() => on?.close())
beforeEach(() => {
  on.fcm.received.length = 0
  on.fcm.answers.clear()
})

const listed = () => on.bus.askJobs('push', 'listDeadLetters', caller, {})
const triesOn = (token: string, messageId: string) =>
  on.fcm.shownOn(token).filter(({ data }) => data.messageId === messageId).length
const gauge = async () => (await on.push.metrics.deadLetters.get()).values[0]?.value

test('a temporary failure is retried until it succeeds, and other recipients get no second push', async () => {
  on.fcm.answers.set(BOB, ['QUOTA_EXCEEDED', 'INTERNAL', 'QUOTA_EXCEEDED'])
  const { _id } = await sendText(on.ann, room._id)
  await eventually(() => expect(triesOn(BOB, _id)).toBe(4))
  expect(triesOn(ZED, _id)).toBe(1)
  expect(await listed()).toMatchObject({ list: [], total: 0 })
})

test('after five tries a push is a dead letter, which can be listed and replayed to the recipients without it', async () => {
  on.fcm.answers.set(
    BOB,
    Array.from({ length: 5 }, () => 'INTERNAL' as const),
  )
  const { _id } = await sendText(on.ann, room._id)
  const { list } = await eventually(async () => {
    const found = await listed()
    expect(found.total).toBe(1)
    return found
  })
  expect(list).toEqual([
    {
      id: _id,
      tries: 5,
      reason: 'messaging/internal-error',
      deadAt: expect.any(String),
    },
  ])
  expect(await on.bus.askJobs('push', 'getDeadLetter', caller, _id)).toMatchObject({
    deadLetter: { details: { room: room._id, message: _id } },
  })
  expect(await gauge()).toBe(1)
  expect([triesOn(BOB, _id), triesOn(ZED, _id)]).toEqual([5, 1])

  expect(await on.bus.askJobs('push', 'replayDeadLetters', caller, { ids: [_id, 'unknown'] })).toEqual({
    replayed: 1,
  })
  await eventually(() => expect(triesOn(BOB, _id)).toBe(6))
  expect(triesOn(ZED, _id)).toBe(1)
  expect(await listed()).toMatchObject({ list: [], total: 0 })
  expect(await gauge()).toBe(0)
})

test('other pushes continue meanwhile', async () => {
  on.fcm.answers.set(
    BOB,
    Array.from({ length: 5 }, () => 'INTERNAL' as const),
  )
  const stuck = await sendText(on.ann, room._id)
  const later = await sendText(on.ann, (await makeRoom(on.ann, ['zed']))._id)
  await eventually(() => expect(triesOn(ZED, later._id)).toBe(1))
  await eventually(async () => expect((await listed()).total).toBe(1))
  await on.bus.askJobs('push', 'replayDeadLetters', caller, { ids: [stuck._id] })
  await eventually(() => expect(triesOn(BOB, stuck._id)).toBe(6))
})

test('a replayed push that fails again becomes a dead letter again', async () => {
  on.fcm.answers.set(
    BOB,
    Array.from({ length: 10 }, () => 'INTERNAL' as const),
  )
  const { _id } = await sendText(on.ann, room._id)
  await eventually(async () => expect((await listed()).total).toBe(1))
  await on.bus.askJobs('push', 'replayDeadLetters', caller, { ids: [_id] })
  await eventually(() => expect(triesOn(BOB, _id)).toBe(10))
  await eventually(async () => expect((await listed()).total).toBe(1))
  await on.bus.askJobs('push', 'replayDeadLetters', caller, { ids: [_id] })
  await eventually(() => expect(triesOn(BOB, _id)).toBe(11))
  await eventually(async () => expect((await listed()).total).toBe(0))
})

test('dead letters are listed in pages', async () => {
  on.fcm.usual = 'INTERNAL'
  for (let n = 0; n < 3; n++) await sendText(on.ann, room._id)
  await eventually(async () => expect((await listed()).total).toBe(3))
  const first = await on.bus.askJobs('push', 'listDeadLetters', caller, { limit: 2 })
  const second = await on.bus.askJobs('push', 'listDeadLetters', caller, {
    limit: 2,
    after: first.nextAfter as string,
  })
  expect([first.list.length, second.list.length, second.nextAfter]).toEqual([2, 1, null])
  on.fcm.usual = 'ok'
  const ids = [...first.list, ...second.list].map(({ id }) => id)
  expect(await on.bus.askJobs('push', 'replayDeadLetters', caller, { ids })).toEqual({ replayed: 3 })
})

test("dead letters from an earlier version's separate collection are listed after a start", async () => {
  const notice = { messageId: 'room-9', roomId: 'room', seq: 9, authorId: 'ann', mentions: [], body: 'hello' }
  const rest = { only: ['bob'], isSecond: false, reason: 'away', tries: 5, at: new Date() }
  await on.database.collection('setAside').insertOne({ _id: 'room-9' as never, notice, ...rest })
  await on.push.close()
  on.push = await startPush(on.stack)
  const { list } = await on.bus.askJobs('push', 'listDeadLetters', caller, {})
  expect(list).toMatchObject([{ id: 'room-9', tries: 5, reason: 'away' }])
  expect(await on.database.collection('setAside').countDocuments()).toBe(0)
})
