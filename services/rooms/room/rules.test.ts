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
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// Every rule of a room: enforced by the server, or sent to all clients if only they can enforce it.

let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let elsewhere: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
  ;(await connectAs(stack, 'cho')).close()
  elsewhere = await make({})
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await stack?.close()
})

const make = (rules: object) => makeRoom(ann, ['ben'], rules)

type Attempt = (who: PlainClient, roomId: string) => Promise<[event: string, input: unknown]>
const invite: Attempt = async (_who, roomId) => ['inviteRoom', { roomId, targetUserIds: ['cho'] }]
const leave: Attempt = async (_who, roomId) => ['leaveOutRoom', roomId]
const deleteOwn: Attempt = async (who, roomId) => [
  'deleteMessage',
  { roomId, messageId: (await sendText(who, roomId))._id },
]
const share: Attempt = async (who, roomId) => [
  'shareMessage',
  {
    roomId,
    messageId: (await sendText(who, roomId))._id,
    targetRoomIds: [elsewhere._id],
    syncKey: crypto.randomUUID(),
  },
]

/** The error code for a member and for a master if the rule is off; null if it is allowed anyway. */
test.each([
  ['canInviteMemebrs', invite, 'ROOM_RULES_CAN_NOT_INVITE_MEMBERS', 'ROOM_RULES_CAN_NOT_INVITE_MEMBERS'],
  ['canLeaveOutRoom', leave, 'ROOM_RULES_CAN_NOT_LEAVE', 'ROOM_RULES_CAN_NOT_LEAVE'],
  ['canDeleteMessage', deleteOwn, 'ROOM_RULES_CAN_NOT_DELETE', null],
  ['canShareMessage', share, 'ROOM_RULES_CAN_NOT_SHARE', 'ROOM_RULES_CAN_NOT_SHARE'],
] as const)('%s', async (rule, attempt, ofMember, ofMaster) => {
  const room = await make({ [rule]: false })
  const code = async (who: PlainClient) => (await who.ask(...(await attempt(who, room._id)))).error
  expect([await code(ben), await code(ann)]).toEqual([ofMember, ofMaster])
  await ann.get('updateRoomSetting', { roomId: room._id, updateData: { rules: { [rule]: true } } })
  expect(await code(ben)).toBeNull()
})

test('a rule is checked before a mute, and a mute before the content', async () => {
  const [source, target] = [await make({ canShareMessage: false }), await make({})]
  const message = await sendText(ann, source._id)
  await ann.get('muteUsers', { roomId: target._id, targetUserIds: ['ben'] })
  const input = { roomId: source._id, targetRoomIds: [target._id], syncKey: 'x', messageId: message._id }
  expect(await ben.ask('shareMessage', input)).toMatchObject({ error: 'ROOM_RULES_CAN_NOT_SHARE' })
  await ann.get('updateRoomSetting', { roomId: source._id, updateData: { rules: { canShareMessage: true } } })
  expect(await ben.ask('shareMessage', { ...input, messageId: 'none' })).toMatchObject({
    error: 'USER_IS_MUTED',
  })
  await ann.get('unmuteUsers', { roomId: target._id, targetUserIds: ['ben'] })
  expect(await ben.ask('shareMessage', { ...input, messageId: 'none' })).toMatchObject({
    error: 'MESSAGE_NO_EXISTS',
  })
  expect(await ben.ask('shareMessage', input)).toMatchObject({ success: true })
})

test('rules that only clients can enforce are sent to them, and a partial change leaves the rest', async () => {
  const room = await make({ canCopyMessage: false, canCaptureMessage: false, canLeaveOutRoom: true })
  const updateData = { rules: { canCaptureMessage: true }, profileUrl: 'https://example.com/room.png' }
  const answer = await ann.get<{ room: Room }>('updateRoomSetting', { roomId: room._id, updateData })
  const expected = { canCopyMessage: false, canCaptureMessage: true, canLeaveOutRoom: true }
  expect(answer.room).toMatchObject({ name: 'Room', profileUrl: updateData.profileUrl, rules: expected })
  await eventually(() =>
    expect(ben.told('listenRoom', room._id)).toMatchObject({ _id: room._id, rules: expected }),
  )
})
