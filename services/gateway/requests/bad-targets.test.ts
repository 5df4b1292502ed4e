import type { Message, Room } from '@chat/contract'
import {
  connectAs,
  listed,
  makeRoom,
  newestPage,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

// Invalid targets, message ids, cursors and rules are refused with a code of the contract, and change nothing.

let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let room: Room
let other: Room
let message: Message
let foreign: Message

beforeAll(async () => {
  stack = await startTestStack()
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
  for (const userId of ['cho', 'dae', 'gone']) (await connectAs(stack, userId)).close()
  const rules = { canInviteMemebrs: true }
  room = await makeRoom(ann, ['ben', 'cho', 'gone'], rules, 'Targets')
  other = await makeRoom(ann, ['ben'])
  message = await sendText(ann, room._id)
  foreign = await sendText(ann, other._id)
  await ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['gone'], ban: true })
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await stack?.close()
})

const state = async () => ({
  room: await listed(ann, room._id),
  banned: await ann.get('listMembers', { roomId: room._id, state: 'BANNED' }),
  messages: await newestPage(ann, room._id),
  others: await newestPage(ann, other._id),
})

async function expectRefusal(event: string, input: unknown, code: string) {
  const before = await state()
  expect(await ann.ask(event, input)).toMatchObject({ success: false, error: code, data: null })
  expect(await state()).toEqual(before)
}

const withTargets = [
  ['inviteRoom', {}],
  ['kickOutUsers', { ban: true }],
  ['muteUsers', { minutes: 5 }],
  ['unmuteUsers', {}],
  ['unbanUsers', {}],
  ['setMasters', { master: true }],
] as const
const WRONG = 'WRONG_TARGET_USER_IDS'
const BAD = 'INVALID_REQUEST'
const long = Array.from({ length: 10_000 }, (_, n) => `u${n}`)

describe.each(withTargets)('%s', (event, more) => {
  test.each([
    ['nobody', [], WRONG],
    ['oneself', ['ann'], WRONG],
    ['oneself, twice', ['ann', 'ann'], WRONG],
    ['unknown people', ['nobody', 'either', 'nobody'], WRONG],
    [
      'ids that look like something else',
      ['__proto__', 'constructor', 'a.b.*.>', '$where', `${'ann'}:x`],
      WRONG,
    ],
    ['10,000 ids', long, BAD],
    ['a string', 'ben', BAD],
    ['an object', { ben: true }, BAD],
    ['numbers', [1, 2], BAD],
    ['nested', [['ben']], BAD],
    ['empty ids', [''], BAD],
    ['a lone surrogate', ['\ud800'], BAD],
    ['a control character', ['b\u0000n'], BAD],
    ['nothing at all', undefined, BAD],
  ])('refuses %s as its target', async (_what, targetUserIds, code) => {
    await expectRefusal(event, { roomId: room._id, targetUserIds, ...more }, code)
  })
})

test('10,000 unknown targets in one event are looked up and refused', async () => {
  const roomy = await startTestStack({ limits: { eventBytes: 500_000, roomMembers: 20_000 } })
  const eve = await connectAs(roomy, 'eve')
  ;(await connectAs(roomy, 'fay')).close()
  const made = await eve.get<Room>('createNewRoom', { users: ['fay'], name: 'Large' })
  for (const event of ['kickOutUsers', 'muteUsers'])
    expect(await eve.ask(event, { roomId: made._id, targetUserIds: long })).toMatchObject({ error: WRONG })
  expect(await eve.ask('createNewRoom', { users: [...long, 'x'], name: 'Too many' })).toMatchObject({
    error: BAD,
  })
  expect(await eve.ask('createNewRoom', { users: long, name: 'Unknown' })).toMatchObject({ error: WRONG })
  eve.close()
  await roomy.close()
}, 60_000)

test('repeated targets count once, and targets to which it does not apply are skipped', async () => {
  const again = { roomId: room._id, targetUserIds: ['cho', 'cho', 'ann', 'nobody', 'cho'] }
  await ann.get('muteUsers', again)
  const { list } = await ann.get<{ list: { _id: string }[] }>('listMembers', {
    roomId: room._id,
    state: 'MUTED',
  })
  expect(list.map(({ _id }) => _id)).toEqual(['cho'])
  await ann.get('unmuteUsers', again)
  await expectRefusal('unmuteUsers', again, WRONG)
})

test('an invitation has its own code for members, for banned users and for a full room', async () => {
  const invite = (targetUserIds: string[]) => ({ roomId: room._id, targetUserIds })
  await expectRefusal('inviteRoom', invite(['ben', 'cho']), 'JOIN_USER_ALREADY_EXISTS')
  await expectRefusal('inviteRoom', invite(['gone', 'ben']), 'USER_IS_BANNED')
  const small = await startTestStack({ limits: { roomMembers: 2 } })
  const eve = await connectAs(small, 'eve')
  for (const userId of ['fay', 'gus']) (await connectAs(small, userId)).close()
  const made = await eve.get<Room>('createNewRoom', {
    users: ['fay'],
    name: 'Small',
    rules: { canInviteMemebrs: true },
  })
  expect(await eve.ask('inviteRoom', { roomId: made._id, targetUserIds: ['gus'] })).toMatchObject({
    error: 'ROOM_IS_FULL',
  })
  eve.close()
  await small.close()
})

const ofMessages = [
  ['deleteMessage', {}],
  ['hideMessage', { hidden: true }],
  ['editMessage', { text: 'changed' }],
  ['reportMessage', { reason: 'spam' }],
  ['messageReaders', {}],
  ['updateReadMessage', {}],
  ['setAnnouncement', {}],
  ['shareMessage', { syncKey: 'x', targetRoomIds: ['*'] }],
] as const

describe.each(ofMessages)('%s', (event, more) => {
  const input = (messageId: unknown) => ({
    roomId: room._id,
    messageId,
    ...more,
    ...(event === 'shareMessage' && { targetRoomIds: [other._id] }),
  })
  test.each([
    ['another room', () => foreign._id],
    ['a number beyond the last', () => `${room._id}-0000000099`],
    ['number 0', () => `${room._id}-0000000000`],
    ['a negative number', () => `${room._id}--000000001`],
    ['the room alone', () => room._id],
    ['anything', () => 'nonsense'],
    ['an operator', () => '$gt'],
  ])('refuses the id of %s', async (_what, id) => {
    await expectRefusal(event, input(id()), 'MESSAGE_NO_EXISTS')
  })
  test.each([
    ['an object', { $gt: '' }],
    ['a number', 1],
    ['an array', ['x']],
    ['an empty string', ''],
    ['a long string', 'x'.repeat(300)],
  ])('refuses %s as an id', async (_what, id) => {
    await expectRefusal(event, input(id), BAD)
  })
})

test.each([
  ['no room', [], BAD],
  ['an unknown room', ['nowhere'], 'ROOM_NO_EXISTS'],
  ['101 rooms', Array.from({ length: 101 }, (_, n) => `r${n}`), BAD],
  ['a string', 'room', BAD],
])('a share to %s is refused', async (_what, targetRoomIds, code) => {
  const input = { roomId: room._id, messageId: message._id, targetRoomIds, syncKey: 'share' }
  await expectRefusal('shareMessage', input, code)
})

test('a share that one target refuses reaches no target', async () => {
  const frozen = await ann.get<Room>('createNewRoom', {
    users: ['ben'],
    name: 'Ice',
    rules: { isFreezed: true },
  })
  const share = (targetRoomIds: string[]) => ({
    roomId: room._id,
    messageId: message._id,
    targetRoomIds,
    syncKey: 'all or none',
  })
  await expectRefusal('shareMessage', share([other._id, frozen._id]), 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
  await expectRefusal('shareMessage', share([other._id, 'nowhere']), 'ROOM_NO_EXISTS')
})

const tampered = [
  '%%%',
  'e30',
  'bnVsbA',
  Buffer.from('[1,2,3]').toString('base64url'),
  'x'.repeat(400),
  '__proto__',
]
const paged = [
  ['listenRooms', () => ({})],
  ['queryRooms', () => ({ keyword: 'Tar' })],
  ['listMembers', () => ({ roomId: room._id })],
  ['searchUsers', () => ({ keyword: 'an' })],
  ['searchMessages', () => ({ keyword: 'hello' })],
  ['searchMessages', () => ({ keyword: 'hello', roomId: room._id })],
  ['listGallery', () => ({ roomId: room._id, kind: 'LINK' })],
  ['listExports', () => ({})],
] as const
describe.each(paged)('%s', (event, input) => {
  test.each(tampered)('refuses the cursor %s', async (cursor) => {
    await expectRefusal(event, { ...input(), cursor }, BAD)
  })
  test.each([[{}], [7], [''], ['x'.repeat(501)], [['a']]])('refuses a cursor that is %j', async (cursor) => {
    await expectRefusal(event, { ...input(), cursor }, BAD)
  })
  test.each([[0], [-1], [1.5], ['10'], [{}]])('refuses a limit of %j', async (limit) => {
    await expectRefusal(event, { ...input(), limit }, BAD)
  })
})

test.each([
  ['an unknown rule', { canDoAnything: true }],
  ['a prototype key', JSON.parse('{"__proto__": true}')],
  ['a rule that is no boolean', { canInviteMemebrs: 'yes' }],
  ['a list', [true]],
])('settings with %s change nothing', async (_what, rules) => {
  await expectRefusal('updateRoomSetting', { roomId: room._id, updateData: { name: 'changed', rules } }, BAD)
  expect(await ann.ask('createNewRoom', { users: ['ben'], name: 'New', rules })).toMatchObject({ error: BAD })
})

test.each([
  ['muteUsers', { targetUserIds: ['ben'], minutes: 0 }],
  ['muteUsers', { targetUserIds: ['ben'], minutes: -5 }],
  ['muteUsers', { targetUserIds: ['ben'], minutes: 1e12 }],
  ['muteUsers', { targetUserIds: ['ben'], minutes: '5' }],
  ['setMasters', { targetUserIds: ['ben'], master: 'yes' }],
  ['kickOutUsers', { targetUserIds: ['ben'], ban: 'yes' }],
  ['roomAlarmTurnOnOff', { alarmOn: 'off' }],
  ['setAnnouncement', { text: '' }],
  ['setAnnouncement', { text: 7 }],
  ['listMembers', { state: 'ANYTHING' }],
  ['listMembers', { keyword: '' }],
  ['listGallery', { kind: 'SECRET' }],
  ['searchMessages', { keyword: 'x' }],
  ['searchMessages', { keyword: '' }],
  ['reportMessage', { reason: '' }],
])('%s refuses %j', async (event, input) => {
  const messageId = event === 'reportMessage' ? { messageId: message._id } : {}
  await expectRefusal(event, { roomId: room._id, ...messageId, ...input }, BAD)
})

test('a text beyond the limit is MESSAGE_TOO_LONG in every operation', async () => {
  const text = 'x'.repeat(4_001)
  await expectRefusal('setAnnouncement', { roomId: room._id, text }, 'MESSAGE_TOO_LONG')
  await expectRefusal('editMessage', { roomId: room._id, messageId: message._id, text }, 'MESSAGE_TOO_LONG')
})

test('only another, existing user can be blocked', async () => {
  expect(await ann.ask('blockUser', { userId: 'ann' })).toMatchObject({ error: WRONG })
  expect(await ann.ask('blockUser', { userId: 'nobody' })).toMatchObject({ error: 'USER_NO_EXISTS' })
  expect(await ann.ask('blockUser', { userId: { $ne: '' } })).toMatchObject({ error: BAD })
  expect(await ann.get('unblockUser', { userId: 'nobody' })).toEqual({ result: true })
  expect(await ann.get('listBlocked', {})).toEqual({ list: [] })
})
