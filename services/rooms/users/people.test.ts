import type { Room, User } from '@chat/contract'
import {
  connectAs,
  eventually,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import mongoose from 'mongoose'

// Large rooms: members come in pages, readers cost one query, and a message costs one event per gateway.

const COUNT = 1_000
let stack: TestStack
let nats: NatsConnection
let ann: PlainClient
let bob: PlainClient
let room: Room

const userId = (n: number) => `user-${String(n).padStart(4, '0')}`

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2 } })
  nats = await connect({ servers: new URL(stack.natsUrl).host })
  const people = Array.from({ length: COUNT - 2 }, (_, n) => ({ _id: userId(n), nickName: `Number ${n}` }))
  const { body } = await stack.post('/chat/room', {
    name: 'Large',
    roomType: 'INQUIRY',
    link: { sid: 'large', name: 'Large' },
    rules: { canInviteMemebrs: true },
    joinUsers: [
      { _id: 'ann', nickName: '김철수', master: true, meta: { email: 'ann@example.com' } },
      { _id: 'bob', nickName: '박철수님' },
      ...people,
    ],
  })
  room = body
  ann = await connectAs(stack, 'ann', 0)
  bob = await connectAs(stack, 'bob', 1)
}, 60_000)
afterAll(async () => {
  ann?.close()
  bob?.close()
  await nats?.close()
  await stack?.close()
})

async function allPages<T>(event: string, input: object): Promise<{ list: T[]; pages: number }> {
  const list: T[] = []
  for (let cursor: string | null | undefined, pages = 0; ; ) {
    const page: { list: T[]; nextCursor: string | null } = await bob.get(event, { ...input, cursor })
    list.push(...page.list)
    pages += 1
    cursor = page.nextCursor
    if (cursor === null) return { list, pages }
  }
}

test('listMembers returns all members in pages, each once', async () => {
  const { list, pages } = await allPages<User>('listMembers', { roomId: room._id, limit: 90 })
  expect(new Set(list.map(({ _id }) => _id)).size).toBe(COUNT)
  expect(list).toHaveLength(COUNT)
  expect(pages).toBe(12)
  const found = await allPages<User>('listMembers', { roomId: room._id, keyword: 'number 99', limit: 5 })
  expect(found.list.map(({ nickName }) => nickName).sort()).toEqual(
    ['Number 99', ...Array.from({ length: 8 }, (_, n) => `Number ${990 + n}`)].sort(),
  )
})

test('users are found by any part of their nickName, without personal data', async () => {
  const find = async (keyword: string) =>
    (await allPages<User>('searchUsers', { keyword, limit: 3 })).list.map(({ _id }) => _id).sort()
  expect(await find('철수')).toEqual(['ann', 'bob'])
  expect(await find('수')).toEqual(['ann', 'bob'])
  expect(await find('철수님')).toEqual(['bob'])
  expect(await find('김수')).toEqual([])
  expect(await find('NUMBER 99')).toHaveLength(9)
  expect(await find('Ｎｕｍｂｅｒ 997')).toEqual([userId(997)])
  const { list } = await bob.get<{ list: User[] }>('searchUsers', { keyword: '김철' })
  expect(list).toEqual([{ _id: 'ann', nickName: '김철수', profileUrl: null }])
})

test('after a change of nickName only the new one is found', async () => {
  for (const nickName of ['Before', 'Afterwards']) await stack.post('/v1/users/renamed/token', { nickName })
  const find = async (keyword: string) => (await bob.get<{ list: User[] }>('searchUsers', { keyword })).list
  expect(await find('Before')).toEqual([])
  expect((await find('terward')).map(({ _id }) => _id)).toEqual(['renamed'])
})

test('the readers of a message are read in one query', async () => {
  const message = await sendText(ann, room._id, 'who reads this?')
  await bob.get('updateReadMessage', { roomId: room._id, messageId: message._id })
  // The room event is published last: by then the message is fully handled.
  await eventually(() =>
    expect(bob.payloads<Room>('updateRoomLastMessage').at(-1)).toMatchObject({ lastSeq: message.seq }),
  )
  const queries: string[] = []
  mongoose.set('debug', (collection: string, method: string, ...rest: unknown[]) => {
    if (['members', 'users'].includes(collection))
      queries.push(`${collection}.${method} ${JSON.stringify(rest[0])}`)
  })
  const ask = () =>
    ann.get<{ read: User[]; unread: User[] }>('messageReaders', { roomId: room._id, messageId: message._id })
  const { read, unread } = await ask()
  mongoose.set('debug', false)
  expect(read).toEqual([{ _id: 'bob', nickName: '박철수님', profileUrl: null }])
  expect(unread).toHaveLength(COUNT - 2)
  // Besides, the caller's own membership is read by its key, at most twice; and presence is checked every few seconds.
  const ofEverybody = queries.filter(
    (query) =>
      !query.includes(`"_id":"${room._id}:ann"`) && !query.includes('"ann"') && !query.includes('"checkAt"'),
  )
  expect(ofEverybody).toEqual([expect.stringMatching(/^members\.aggregate/)])
})

test('a message makes one room event on the bus, whatever the number of members', async () => {
  const heard: string[] = []
  const subscription = nats.subscribe(`${stack.root}.event.>`, {
    callback: (_error, message) => void heard.push(message.subject),
  })
  await nats.flush()
  const { seq } = await sendText(ann, room._id, 'news')
  for (const client of [ann, bob])
    await eventually(() =>
      expect(client.payloads<Room>('updateRoomLastMessage').at(-1)).toMatchObject({ lastSeq: seq }),
    )
  subscription.unsubscribe()
  const kinds = heard.map((subject) => subject.split('.').slice(2).join('.'))
  const news = `room.${room._id}.news`
  expect(kinds.filter((kind) => kind === news)).toHaveLength(1)
  // The message, its room event, and the author's cursor, but no event for each member.
  expect(kinds.length).toBeLessThanOrEqual(4)
  const told = bob.payloads<Room>('updateRoomLastMessage').at(-1)
  expect(told?.joinUsers.length).toBeLessThanOrEqual(41)
  expect(told).toMatchObject({ memberCount: COUNT, unReadMsgCount: 1 })
})
