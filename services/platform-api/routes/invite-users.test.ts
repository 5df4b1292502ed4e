import type { Room } from '@chat/contract'
import { connectAs, eventually, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

let stack: TestStack
const clients: PlainClient[] = []

beforeAll(async () => {
  stack = await startTestStack()
})
afterAll(async () => {
  for (const client of clients) client.close()
  await stack?.close()
})

type Answer = { status: number; body: Room & { error?: string } }
const user = (_id: string) => ({ _id, nickName: _id })
const create = (body: object) => stack.post('/chat/room', body) as Promise<Answer>
const invite = (roomId: string, inviterId: string, ids: string[]) =>
  stack.post('/chat/inviteUsers', { roomId, inviterId, joinUsers: ids.map(user) }) as Promise<Answer>
const connect = async (userId: string) => {
  const client = await connectAs(stack, userId)
  clients.push(client)
  return client
}

const group = (sid: string, ids: string[], more: object = {}) => ({
  name: 'Room',
  roomType: 'GROUP',
  link: { sid, name: 'Link' },
  joinUsers: ids.map(user),
  rules: { canInviteMemebrs: true },
  ...more,
})
/** A room whose first member is its master. */
const made = async (ids: string[], rules: object = {}, sid: string = crypto.randomUUID()) =>
  (await create(group(sid, ids, { rules: { canInviteMemebrs: true, ...rules } }))).body
const idsOf = (room: Room) => room.joinUsers.map((joined) => joined._id).sort()
const fails = (error: string) => ({ status: 500, body: { success: false, error, data: null } })

test('200 answers the Room itself, and only new users are added', async () => {
  const room = await made(['boss', 'staff'])
  const [staff, guest] = [await connect('staff'), await connect('guest')]
  const { status, body } = await invite(room._id, 'boss', ['guest', 'staff', 'second', 'guest'])
  expect(status).toBe(200)
  expect(body).not.toHaveProperty('success')
  expect(body).toMatchObject({ _id: room._id, memberCount: 4 })
  expect(idsOf(body)).toEqual(['boss', 'guest', 'second', 'staff'])
  expect(body.joinUsers.filter((joined) => joined.master).map((joined) => joined._id)).toEqual(['boss'])
  // The new member gets the room event; the others see the new member.
  await eventually(() =>
    expect(guest.told('listenRoom', room._id)).toMatchObject({ _id: room._id, memberCount: 4 }),
  )
  await eventually(() =>
    expect(staff.told('listenRoom', room._id)).toMatchObject({ _id: room._id, memberCount: 4 }),
  )
  expect(await guest.ask('joinRoom', room._id)).toMatchObject({ success: true, data: { unReadMsgCount: 0 } })
})

test('a newcomer starts with everything read', async () => {
  const room = await made(['boss', 'staff'])
  const boss = await connect('boss')
  for (const content of ['one', 'two']) {
    await boss.get('sendMessage', { syncKey: content, roomId: room._id, data: { type: 'TEXT', content } })
  }
  await invite(room._id, 'boss', ['newcomer'])
  const newcomer = await connect('newcomer')
  const { list } = await newcomer.get<{ list: Room[] }>('listenRooms', null)
  expect(list).toMatchObject([{ _id: room._id, unReadMsgCount: 0 }])
  const page = { roomId: room._id, count: 1 }
  const { list: messages } = await newcomer.get<{ list: { unReadUserCount: number }[] }>(
    'listenMessagesByRoom',
    page,
  )
  expect(messages).toMatchObject([{ unReadUserCount: 1 }])
})

test('ROOM_NO_EXISTS comes before every other error', async () => {
  expect(await invite('nope', 'boss', [])).toMatchObject(fails('ROOM_NO_EXISTS'))
  expect(await invite('*', '*', ['guest'])).toMatchObject(fails('ROOM_NO_EXISTS'))
})

test('failures are reported in the contract’s order', async () => {
  const frozen = await made(['boss', 'staff'], { isFreezed: true, canInviteMemebrs: false })
  const ruled = await made(['boss', 'staff'], { canInviteMemebrs: false })
  const open = await made(['boss', 'staff'])
  // A non-member who invites nobody: the room's state is reported first.
  expect(await invite(frozen._id, 'stranger', [])).toMatchObject(fails('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED'))
  expect(await invite(ruled._id, 'stranger', [])).toMatchObject(fails('ROOM_RULES_CAN_NOT_INVITE_MEMBERS'))
  expect(await invite(open._id, 'stranger', [])).toMatchObject(fails('INVITER_ID_IS_NOT_MASTER'))
  expect(await invite(open._id, 'boss', [])).toMatchObject(fails('JOIN_USERS_EMPTY'))
  // The same for a master with users to add.
  expect(await invite(frozen._id, 'boss', ['guest'])).toMatchObject(
    fails('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED'),
  )
  expect(await invite(ruled._id, 'boss', ['guest'])).toMatchObject(fails('ROOM_RULES_CAN_NOT_INVITE_MEMBERS'))
})

test('only a master may invite: members, masters of other rooms and unknown users may not', async () => {
  const room = await made(['boss', 'staff'])
  const other = await made(['boss-of-another', 'staff'])
  for (const inviter of ['staff', 'boss-of-another', 'unheard-of', '*']) {
    expect(await invite(room._id, inviter, ['guest'])).toMatchObject(fails('INVITER_ID_IS_NOT_MASTER'))
  }
  expect((await invite(other._id, 'boss-of-another', ['boss'])).status).toBe(200)
})

test('JOIN_USERS_EMPTY if there is nobody to add, or all are members already', async () => {
  const room = await made(['boss', 'staff'])
  for (const ids of [[], ['staff'], ['staff', 'boss'], ['boss', 'boss']]) {
    expect(await invite(room._id, 'boss', ids)).toMatchObject(fails('JOIN_USERS_EMPTY'))
  }
  expect((await invite(room._id, 'boss', ['guest'])).status).toBe(200)
  expect(await invite(room._id, 'boss', ['guest'])).toMatchObject(fails('JOIN_USERS_EMPTY'))
})

test('concurrent invitations add each user once', async () => {
  const room = await made(['boss'])
  const answers = await Promise.all(Array.from({ length: 6 }, () => invite(room._id, 'boss', ['g1', 'g2'])))
  expect(answers.filter((answer) => answer.status === 200).length).toBeGreaterThan(0)
  for (const answer of answers)
    if (answer.status !== 200) expect(answer).toMatchObject(fails('JOIN_USERS_EMPTY'))
  const { list } = await (await connect('g1')).get<{ list: Room[] }>('listenRooms', null)
  expect(list).toMatchObject([{ _id: room._id, memberCount: 3 }])
})

test('after an invitation the room is found by its new users, not by the earlier ones', async () => {
  const room = await made(['c1', 'c2'], {}, 'claim')
  await invite(room._id, 'c1', ['c3'])
  expect((await create(group('claim', ['c3', 'c1', 'c2']))).body).toMatchObject({
    error: 'ROOM_ALREADY_EXISTS',
    data: { roomId: room._id },
  })
  const again = await create(group('claim', ['c1', 'c2']))
  expect(again.status).toBe(200)
  // Two rooms now have the same users: the one that had them first is found.
  expect((await invite(again.body._id, 'c1', ['c3'])).status).toBe(200)
  expect((await create(group('claim', ['c1', 'c2', 'c3']))).body).toMatchObject({
    data: { roomId: room._id },
  })
  expect((await create(group('claim', ['c1', 'c2']))).status).toBe(200)
})

test('a room may have 1,000 members', async () => {
  const room = await made(Array.from({ length: 999 }, (_, n) => `member-${n}`))
  expect(await invite(room._id, 'member-0', ['one', 'two'])).toMatchObject({
    status: 409,
    body: { error: 'ROOM_IS_FULL' },
  })
  expect(await invite(room._id, 'member-0', ['one', 'member-5'])).toMatchObject({
    status: 200,
    body: { memberCount: 1_000 },
  })
})

const request = { roomId: 'r', inviterId: 'boss', joinUsers: [user('guest')] }
test.each([
  {},
  { ...request, roomId: 5 },
  { ...request, roomId: '' },
  { ...request, inviterId: null },
  { ...request, inviterId: 'a\n' },
  { ...request, joinUsers: undefined },
  { ...request, joinUsers: null },
  { ...request, joinUsers: {} },
  { ...request, joinUsers: [null] },
  { ...request, joinUsers: [{ _id: 'guest' }] },
  { ...request, joinUsers: [{ _id: '', nickName: 'x' }] },
])('%j is 400', async (body) => {
  const answer = await stack.post('/chat/inviteUsers', body)
  expect(answer).toMatchObject({ status: 400, body: { success: false, error: 'INVALID_REQUEST' } })
})
