import type { Room } from '@chat/contract'
import {
  connectAs,
  connectPlain,
  eventually,
  makeRoom,
  type PlainClient,
  sendText,
  startService,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'

// Typing in a room of two, as the other member sees it through another gateway.

let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2 } })
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
  ;(await connectAs(stack, 'cho')).close()
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'], { canInviteMemebrs: true })
  for (const client of [ann, ben]) await client.get('joinRoom', room._id)
})

const typing = (who: PlainClient, isTyping = true, roomId = room._id) =>
  who.ask('typing', { roomId, isTyping })
const heard = (who: PlainClient, roomId = room._id) =>
  who.payloads<{ userId: string; isTyping: boolean }>(`typing_${roomId}`)
const begun = { userId: 'ann', isTyping: true }
const ended = { userId: 'ann', isTyping: false }
/** Waits for a later message, and so for every earlier event. */
const passed = async (of: PlainClient) => {
  const { _id } = await sendText(ben, room._id)
  await eventually(() =>
    expect(of.payloads<{ _id: string }>(`listenMessage_${room._id}`).map((m) => m._id)).toContain(_id),
  )
}

test('the other member gets the start and the end of typing once each; the typist gets neither', async () => {
  expect(await typing(ann)).toMatchObject({ success: true, data: { result: true } })
  await eventually(() => expect(heard(ben)).toEqual([begun]))
  await typing(ann, false)
  await eventually(() => expect(heard(ben)).toEqual([begun, ended]))
  await typing(ann, false)
  await passed(ann)
  expect(heard(ben)).toEqual([begun, ended])
  expect(heard(ann)).toEqual([])
})

test('typing ends by itself', async () => {
  await typing(ann)
  await eventually(() => expect(heard(ben)).toEqual([begun, ended]))
})

test('typing ends with a message of the typist, not with one of the other member', async () => {
  await typing(ann)
  await eventually(() => expect(heard(ben)).toEqual([begun]))
  await sendText(ben, room._id)
  await sendText(ann, room._id)
  await eventually(() => expect(heard(ben)).toEqual([begun, ended]))
  const order = ben.heard
    .filter(({ event }) => event.endsWith(room._id))
    .map(({ event }) => event.split('_')[0])
  expect(order.filter((event) => event !== 'readMessage')).toEqual([
    'typing',
    'listenMessage',
    'listenMessage',
    'typing',
  ])
})

test('typing ends when the typist’s gateway dies', async () => {
  const gateway = await startService('gateway', stack)
  const phone = await connectPlain(gateway.url, await stack.token('ann'))
  await typing(phone)
  await eventually(() => expect(heard(ben)).toEqual([begun]))
  await gateway.kill()
  await eventually(() => expect(heard(ben)).toEqual([begun, ended]))
  phone.close()
}, 30_000)

test('only sockets with the room open get typing events', async () => {
  await ben.get('leaveRoom', room._id)
  await typing(ann)
  await ben.get('joinRoom', room._id)
  await typing(ann, false)
  await typing(ann)
  await eventually(() => expect(heard(ben)).toContainEqual(begun))
  expect(heard(ben).filter(({ isTyping }) => isTyping)).toEqual([begun])
})

test("a blocked user's typing is not shown, and the blocked user cannot tell", async () => {
  await ben.get('blockUser', { userId: 'ann' })
  expect(await typing(ann)).toMatchObject({ success: true })
  await typing(ann, false)
  await passed(ben)
  expect(heard(ben)).toEqual([])
  await typing(ben)
  await eventually(() => expect(heard(ann)).toContainEqual({ userId: 'ben', isTyping: true }))
  await ben.get('unblockUser', { userId: 'ann' })
  await typing(ann)
  await eventually(() => expect(heard(ben)).toContainEqual(begun))
})

describe('refused, without an event', () => {
  const cases: [string, string, () => Promise<unknown>][] = [
    [
      'in a group',
      'TYPING_ONLY_IN_ONE_TO_ONE',
      () => ann.get('inviteRoom', { roomId: room._id, targetUserIds: ['cho'] }),
    ],
    [
      'alone in a room',
      'TYPING_ONLY_IN_ONE_TO_ONE',
      () => ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['ben'] }),
    ],
    [
      'in a frozen room',
      'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
      () => ann.get('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } }),
    ],
    [
      'while muted',
      'USER_IS_MUTED',
      async () => {
        await ann.get('setMasters', { roomId: room._id, targetUserIds: ['ben'], master: true })
        await ben.get('muteUsers', { roomId: room._id, targetUserIds: ['ann'] })
      },
    ],
  ]
  test.each(cases)('%s: %s', async (_where, code, arrange) => {
    await arrange()
    expect(await typing(ann)).toMatchObject({ success: false, error: code })
    expect(heard(ben)).toEqual([])
  })

  test.each([
    [{ isTyping: true }, 'INVALID_REQUEST'],
    [{ roomId: 'nowhere', isTyping: true }, 'ROOM_NO_EXISTS'],
    [{ roomId: { $ne: '' }, isTyping: true }, 'INVALID_REQUEST'],
    [{ roomId: 'x', isTyping: 'yes' }, 'INVALID_REQUEST'],
    [null, 'INVALID_REQUEST'],
    ['room', 'INVALID_REQUEST'],
  ])('%j: %s', async (input, code) => {
    expect(await ann.ask('typing', input)).toMatchObject({ success: false, error: code })
  })

  test('from a user who is not in the room', async () => {
    const cho = await connectAs(stack, 'cho')
    expect(await typing(cho)).toMatchObject({ error: 'ROOM_NO_EXISTS' })
    cho.close()
  })
})
