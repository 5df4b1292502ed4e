import type { Room } from '@chat/contract'
import {
  connectAs,
  makeRoom,
  newestPage,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
})

const refusal = async (content: string) => {
  const said = { syncKey: crypto.randomUUID(), roomId: room._id, data: { type: 'TEXT', content } }
  return (await ben.ask('sendMessage', said)).error
}
const targets = () => ({ roomId: room._id, targetUserIds: ['ben'] })

test('a muted member cannot send from the ack of the mute until they are unmuted', async () => {
  // By now both instances have cached the member's access.
  for (let n = 0; n < 10; n++) await sendText(ben, room._id, 'hello')
  await ann.get('muteUsers', { ...targets(), minutes: 1 })
  for (let n = 0; n < 10; n++) expect(await refusal('hello')).toBe('USER_IS_MUTED')
  expect(await refusal('x'.repeat(4_001))).toBe('USER_IS_MUTED')
  await ann.get('updateRoomSetting', {
    roomId: room._id,
    updateData: { rules: { isFreezed: true } },
  })
  expect(await refusal('hello')).toBe('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
  await ann.get('updateRoomSetting', {
    roomId: room._id,
    updateData: { rules: { isFreezed: false } },
  })
  await ann.get('unmuteUsers', targets())
  await sendText(ben, room._id, 'again')
  expect(await newestPage(ann, room._id)).toHaveLength(11)
})

test('a message sent during a kick of its author is stored before the ack of the kick or not at all', async () => {
  const sent = Array.from({ length: 50 }, (_, n) => refusal(`${n}`))
  await ann.get('kickOutUsers', targets())
  const atKick = (await newestPage(ann, room._id)).length
  const codes = await Promise.all(sent)
  expect(new Set(codes).difference(new Set([null, 'ROOM_NO_EXISTS'])).size).toBe(0)
  const acked = codes.filter((code) => code === null).length
  expect([atKick, (await newestPage(ann, room._id)).length]).toEqual([acked, acked])
})
