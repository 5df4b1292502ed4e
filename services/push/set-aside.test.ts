import type { Room } from '@chat/contract'
import type { Bus } from '@chat/service'
import {
  connectAs,
  eventually,
  makeRoom,
  openTestBus,
  type PlainClient,
  sendText,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Fcm } from './fcm-stand-in.ts'
import { type startPush, startPushStack, tokenOf, withDevice } from './testing.ts'

let stack: TestStack
let fcm: Fcm
let push: Awaited<ReturnType<typeof startPush>>
let bus: Bus
let ann: PlainClient
let room: Room
let close: () => Promise<void>
const caller = { userId: '', requestId: 'operator' }
const [BOB, ZED] = [tokenOf('bob'), tokenOf('zed')]

beforeAll(async () => {
  ;({ stack, fcm, push, close } = await startPushStack())
  bus = await openTestBus(stack)
  ann = await connectAs(stack, 'ann')
  await withDevice(stack, 'bob')
  await withDevice(stack, 'zed')
  room = await makeRoom(ann, ['bob', 'zed'])
})
afterAll(async () => {
  ann?.close()
  await bus?.close()
  await close?.()
})
beforeEach(() => {
  fcm.received.length = 0
  fcm.answers.clear()
})

const listed = () => bus.ask('listSetAside', caller, {})
const triesOn = (token: string, messageId: string) =>
  fcm.shownOn(token).filter(({ data }) => data.messageId === messageId).length
const gauge = async () =>
  (await push.metrics.registry.getSingleMetric('chat_pushes_set_aside')?.get())?.values[0]?.value

test('what passes is tried again until it works, and nobody else hears of it twice', async () => {
  fcm.answers.set(BOB, ['QUOTA_EXCEEDED', 'INTERNAL', 'QUOTA_EXCEEDED'])
  const { _id } = await sendText(ann, room._id)
  await eventually(() => expect(triesOn(BOB, _id)).toBe(4))
  expect(triesOn(ZED, _id)).toBe(1)
  expect(await listed()).toMatchObject({ list: [], total: 0 })
})

test('after five tries it is set aside, where it is seen, and replayed to those who lack it', async () => {
  fcm.answers.set(
    BOB,
    Array.from({ length: 5 }, () => 'INTERNAL' as const),
  )
  const { _id } = await sendText(ann, room._id)
  const { list } = await eventually(async () => {
    const found = await listed()
    expect(found.total).toBe(1)
    return found
  })
  expect(list).toEqual([
    {
      ...{ id: _id, roomId: room._id, messageId: _id, tries: 5 },
      ...{ reason: 'messaging/internal-error', setAsideAt: expect.any(String) },
    },
  ])
  expect(await gauge()).toBe(1)
  expect([triesOn(BOB, _id), triesOn(ZED, _id)]).toEqual([5, 1])

  expect(await bus.ask('replaySetAside', caller, { ids: [_id, 'unknown'] })).toEqual({ replayed: 1 })
  await eventually(() => expect(triesOn(BOB, _id)).toBe(6))
  expect(triesOn(ZED, _id)).toBe(1)
  expect(await listed()).toMatchObject({ list: [], total: 0 })
  expect(await gauge()).toBe(0)
})

test('others go on meanwhile', async () => {
  fcm.answers.set(
    BOB,
    Array.from({ length: 5 }, () => 'INTERNAL' as const),
  )
  const stuck = await sendText(ann, room._id)
  const later = await sendText(ann, (await makeRoom(ann, ['zed']))._id)
  await eventually(() => expect(triesOn(ZED, later._id)).toBe(1))
  await eventually(async () => expect((await listed()).total).toBe(1))
  await bus.ask('replaySetAside', caller, { ids: [stuck._id] })
  await eventually(() => expect(triesOn(BOB, stuck._id)).toBe(6))
})

test('what was replayed and fails again is set aside again', async () => {
  fcm.answers.set(
    BOB,
    Array.from({ length: 10 }, () => 'INTERNAL' as const),
  )
  const { _id } = await sendText(ann, room._id)
  await eventually(async () => expect((await listed()).total).toBe(1))
  await bus.ask('replaySetAside', caller, { ids: [_id] })
  await eventually(() => expect(triesOn(BOB, _id)).toBe(10))
  await eventually(async () => expect((await listed()).total).toBe(1))
  await bus.ask('replaySetAside', caller, { ids: [_id] })
  await eventually(() => expect(triesOn(BOB, _id)).toBe(11))
  await eventually(async () => expect((await listed()).total).toBe(0))
})

test('a list of many is read page by page', async () => {
  fcm.usual = 'INTERNAL'
  for (let n = 0; n < 3; n++) await sendText(ann, room._id)
  await eventually(async () => expect((await listed()).total).toBe(3))
  const first = await bus.ask('listSetAside', caller, { limit: 2 })
  const second = await bus.ask('listSetAside', caller, { limit: 2, after: first.nextAfter as string })
  expect([first.list.length, second.list.length, second.nextAfter]).toEqual([2, 1, null])
  fcm.usual = 'ok'
  const ids = [...first.list, ...second.list].map(({ id }) => id)
  expect(await bus.ask('replaySetAside', caller, { ids })).toEqual({ replayed: 3 })
})
