import type { Message, Room } from '@chat/contract'
import { connectAs, eventually, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

let stack: TestStack
const clients: PlainClient[] = []

beforeAll(async () => {
  stack = await startTestStack({ instances: { rooms: 2 } })
})
afterAll(async () => {
  for (const client of clients) client.close()
  await stack?.close()
})

type Answer = {
  status: number
  body: Room & { success?: boolean; error?: string; data?: { roomId: string } | null }
}
const create = (body: object) => stack.post('/chat/room', body) as Promise<Answer>
const connect = async (userId: string) => {
  const client = await connectAs(stack, userId)
  clients.push(client)
  return client
}

const user = (_id: string, more: object = {}) => ({ _id, nickName: `Nick of ${_id}`, ...more })
const group = (sid: string, ids: string[], more: object = {}) => ({
  name: 'Room',
  roomType: 'GROUP',
  link: { sid, name: 'Link' },
  joinUsers: ids.map((id) => user(id)),
  ...more,
})
const firstMessage = (authorId: string, text = 'welcome') => ({
  author: { authorId, nickName: 'Author' },
  data: { type: 'TEXT', content: { text } },
})

test('200 answers the Room itself, as in the original document', async () => {
  const { status, body } = await create({
    ...group('whole', []),
    profileUrl: 'https://a.example/room.png',
    joinUsers: [
      user('w1', { master: true, profileUrl: 'https://a.example/1.png', meta: { level: 1 } }),
      user('w2', { master: false }),
    ],
    message: firstMessage('w1'),
    meta: { order: 7 },
  })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    _id: expect.any(String),
    name: 'Room',
    roomType: 'GROUP',
    profileUrl: 'https://a.example/room.png',
    link: { sid: 'whole', name: 'Link' },
    memberCount: 2,
    meta: { order: 7 },
    rules: { canInviteMemebrs: false, canLeaveOutRoom: false, canShowMemberList: true, isFreezed: false },
  })
  expect(body).not.toHaveProperty('success')
  const people = new Map(body.joinUsers.map((joined) => [joined._id, joined]))
  expect(people.get('w1')).toMatchObject({
    nickName: 'Nick of w1',
    master: true,
    profileUrl: 'https://a.example/1.png',
    meta: { level: 1 },
  })
  expect(people.get('w2')).toMatchObject({ master: false, profileUrl: null, alarmOn: true })
})

test('a room with the same link and users, in any order, exists already; with another link or other users it does not', async () => {
  const first = await create(group('same', ['a', 'b', 'c']))
  expect(first.status).toBe(200)
  for (const ids of [
    ['a', 'b', 'c'],
    ['c', 'a', 'b'],
    ['b', 'b', 'a', 'c'],
  ]) {
    const again = await create(group('same', ids, { name: 'Another name', message: firstMessage('a') }))
    expect(again).toMatchObject({
      status: 500,
      body: { success: false, error: 'ROOM_ALREADY_EXISTS', data: { roomId: first.body._id } },
    })
  }
  for (const other of [
    group('same', ['a', 'b']),
    group('same', ['a', 'b', 'c', 'd']),
    group('other', ['a', 'b', 'c']),
  ]) {
    expect((await create(other)).status).toBe(200)
  }
})

test('ids and links that are equal only when joined make different rooms', async () => {
  for (const room of [
    group('x', ['a,b']),
    group('x', ['a', 'b']),
    group('x,a', ['b']),
    group('x","a', ['b']),
  ]) {
    expect((await create(room)).status).toBe(200)
  }
})

test('without a link, and for INQUIRY, each request makes a room', async () => {
  const inquiry = group('ask', ['a', 'b'], { roomType: 'INQUIRY' })
  const plain = { ...group('', ['a', 'b']), link: null }
  const ids = []
  for (const room of [inquiry, inquiry, plain, plain]) ids.push((await create(room)).body._id)
  expect(new Set(ids).size).toBe(4)
  // Nor does it take the link from a GROUP.
  expect((await create(group('ask', ['a', 'b']))).status).toBe(200)
})

test('one of several concurrent requests makes the room, and the others get its id', async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      create(group('race', n % 2 ? ['r1', 'r2'] : ['r2', 'r1'], { message: firstMessage('r1') })),
    ),
  )
  const made = answers.filter((answer) => answer.status === 200)
  expect(made).toHaveLength(1)
  for (const answer of answers) {
    if (answer === made[0]) continue
    expect(answer.body).toMatchObject({ error: 'ROOM_ALREADY_EXISTS', data: { roomId: made[0]?.body._id } })
  }
  const { list } = await (await connect('r1')).get<{ list: Room[] }>('listenRooms', null)
  expect(list).toHaveLength(1)
  expect(list[0]?.lastSeq).toBe(1)
})

test('a frozen room gives up its link and users, and gets them back when it is unfrozen if no other room has them', async () => {
  const room = group('frozen', ['f1', 'f2'])
  const first = (await create(room)).body
  const master = await connect('f1')
  const freeze = (isFreezed: boolean) =>
    master.get('updateRoomSetting', { roomId: first._id, updateData: { rules: { isFreezed } } })
  await freeze(true)
  await freeze(false)
  expect((await create(room)).body).toMatchObject({
    error: 'ROOM_ALREADY_EXISTS',
    data: { roomId: first._id },
  })
  await freeze(true)
  const second = await create(room)
  expect(second.status).toBe(200)
  expect(second.body._id).not.toBe(first._id)
  await freeze(false)
  expect((await create(room)).body).toMatchObject({
    error: 'ROOM_ALREADY_EXISTS',
    data: { roomId: second.body._id },
  })
})

test('a room created frozen does not take its link and users', async () => {
  const frozen = group('made-frozen', ['a', 'b'], { rules: { isFreezed: true } })
  expect((await create(frozen)).status).toBe(200)
  const open = await create(group('made-frozen', ['a', 'b']))
  expect(open.status).toBe(200)
  expect((await create(group('made-frozen', ['b', 'a']))).body).toMatchObject({
    data: { roomId: open.body._id },
  })
})

test('the first message has seq 1 and is unread for everyone but its author', async () => {
  const [author, reader] = [await connect('m1'), await connect('m2')]
  const { body: room } = await create(
    group('message', ['m1', 'm2', 'm3'], { message: firstMessage('m1', '안녕') }),
  )
  await eventually(() => {
    for (const client of [author, reader])
      expect(client.payloads<Room>('listenRoom').map((r) => r._id)).toContain(room._id)
  })
  const { list } = await reader.get<{ list: Message[] }>('listenMessagesByRoom', { roomId: room._id })
  expect(list).toMatchObject([
    {
      seq: 1,
      author: { authorId: 'm1', nickName: 'Author' },
      data: { type: 'TEXT', content: { text: '안녕' } },
      unReadUserCount: 2,
    },
  ])
  const unread = async (client: PlainClient) =>
    (await client.get<{ list: Room[] }>('listenRooms', null)).list[0]
  await eventually(async () =>
    expect(await unread(reader)).toMatchObject({ unReadMsgCount: 1, lastMessage: { seq: 1 } }),
  )
  await eventually(async () => expect(await unread(author)).toMatchObject({ unReadMsgCount: 0 }))
})

test('the message is optional, and is checked before the room is made', async () => {
  const { body } = await create(group('silent', ['s1', 's2']))
  expect(body).toMatchObject({ lastMessage: null, lastSeq: 0, unReadMsgCount: 0 })
  const tooLong = group('long', ['s1', 's2'], { message: firstMessage('s1', 'x'.repeat(4_001)) })
  expect(await create(tooLong)).toMatchObject({ body: { error: 'MESSAGE_TOO_LONG' } })
  expect((await create(group('long', ['s1', 's2']))).status).toBe(200)
})

test('without a master, the first user becomes master', async () => {
  const mastersOf = async (joinUsers: object[]) => {
    const { body } = await create({ ...group(crypto.randomUUID(), []), joinUsers })
    return body.joinUsers
      .filter((joined) => joined.master)
      .map((joined) => joined._id)
      .sort()
  }
  expect(await mastersOf([user('z'), user('a'), user('m')])).toEqual(['z'])
  expect(await mastersOf([user('z', { master: false }), user('a', { master: null })])).toEqual(['z'])
  expect(await mastersOf([user('z'), user('a', { master: true }), user('m', { master: true })])).toEqual([
    'a',
    'm',
  ])
})

test('joinUsers enter the directory and get the room event at once', async () => {
  const early = await connect('early')
  const { body: room } = await create(group('directory', ['early', 'late']))
  await eventually(() => expect(early.payloads<Room>('listenRoom').map((r) => r._id)).toEqual([room._id]))
  const own = await early.get<Room>('createNewRoom', { users: ['late', 'unknown'], name: 'Own' })
  expect(own.joinUsers.map((joined) => joined.nickName).sort()).toEqual(['Nick of early', 'Nick of late'])
})

test('a room may have 1,000 members; one more is ROOM_IS_FULL', async () => {
  const ids = (count: number) => Array.from({ length: count }, (_, n) => `member-${n}`)
  expect(await create(group('full', ids(1_001)))).toMatchObject({
    status: 409,
    body: { error: 'ROOM_IS_FULL' },
  })
  const { status, body } = await create(group('full', ids(1_000)))
  expect({ status, count: body.memberCount, shown: body.joinUsers.length }).toEqual({
    status: 200,
    count: 1_000,
    shown: 100,
  })
})
