import type { Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

// A muted member stays muted after leaving and coming back.

let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { rooms: 2 } })
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'], { canInviteMemebrs: true, canLeaveOutRoom: true })
})

const ofBen = () => ({ roomId: room._id, targetUserIds: ['ben'] })
const mutedUntil = async () =>
  (await ann.get<{ list: { mutedUntil?: string }[] }>('listMembers', { ...ofBen(), state: 'MUTED' })).list[0]
    ?.mutedUntil
const send = () =>
  ben.ask('sendMessage', {
    syncKey: crypto.randomUUID(),
    roomId: room._id,
    data: { type: 'TEXT', content: 'hello' },
  })

test.each([
  ['leaving', () => ben.get('leaveOutRoom', room._id)],
  ['being kicked', () => ann.get('kickOutUsers', ofBen())],
])('a mute survives %s and being invited again', async (_how, leave) => {
  await ann.get('muteUsers', { ...ofBen(), minutes: 5 })
  const until = await mutedUntil()
  expect(until).toEqual(expect.any(String))
  for (let n = 0; n < 2; n++) {
    await leave()
    await ann.get('inviteRoom', ofBen())
    expect(await mutedUntil()).toBe(until)
    expect(await send()).toMatchObject({ error: 'USER_IS_MUTED' })
  }
  await ann.get('unmuteUsers', ofBen())
  expect(await send()).toMatchObject({ success: true })
  await leave()
  await ann.get('inviteRoom', ofBen())
  expect(await mutedUntil()).toBeUndefined()
  expect(await send()).toMatchObject({ success: true })
})

test('an unmuted member is not shown as muted by later events, in a room whose events show only some members', async () => {
  const others = Array.from({ length: 25 }, (_, n) => ({ _id: `other${n}`, nickName: `Other ${n}` }))
  const joinUsers = [
    { _id: 'ann', nickName: 'Ann', master: true },
    { _id: 'ben', nickName: 'Ben' },
    ...others,
  ]
  const { body } = await stack.call('POST', '/v1/rooms', { name: 'Large', roomType: 'INQUIRY', joinUsers })
  const roomId = (body as { data: Room }).data._id
  const shown = () => ben.told('updateRoomLastMessage', roomId)
  const isMuted = (room = shown()) =>
    room?.joinUsers.find(({ _id }) => _id === 'ben')?.mutedUntil !== undefined
  const target = { roomId, targetUserIds: ['ben'] }
  await ann.get('muteUsers', { ...target, minutes: 5 })
  await eventually(() => expect(isMuted(ben.told('listenRoom', roomId))).toBe(true))
  await sendText(ann, roomId, 'while muted')
  await eventually(() => expect(isMuted()).toBe(true))
  await ann.get('unmuteUsers', target)
  const { _id } = await sendText(ann, roomId, 'later')
  await eventually(() => expect(shown()?.lastMessage?._id).toBe(_id))
  expect(isMuted()).toBe(false)
})
