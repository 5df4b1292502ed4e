import type { Message, Room } from '@chat/contract'
import { connectAs, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { copyRoom, fillRoom } from './bulk.ts'
import { examine, problemOf, type Query, recordQueries } from './queries.ts'

// What npm run prove measures on large data, as query plans on small data: no timing.

const COUNT = 400

let stack: TestStack
let mongo: MongoClient
let alice: PlainClient
let sampleId: string
let roomId: string

beforeAll(async () => {
  stack = await startTestStack()
  mongo = await new MongoClient(stack.mongoUrl).connect()
  sampleId = await makeRoom('sample')
  roomId = await makeRoom('long')
  alice = await connectAs(stack, 'alice')
  await alice.get('sendMessage', draft(sampleId, 'first'))
  const databases = { messages: mongo.db(`${stack.root}_messages`), rooms: mongo.db(`${stack.root}_rooms`) }
  await fillRoom(databases, sampleId, roomId, COUNT)
  await copyRoom(databases, roomId, 30)
})
afterAll(async () => {
  alice?.close()
  await stack?.close()
  await mongo?.close()
})

const draft = (roomId: string, syncKey: string) => ({
  roomId,
  syncKey,
  data: { type: 'TEXT', content: 'hello' },
})
const idAt = (seq: number) => `${roomId}-${String(seq).padStart(10, '0')}`

async function makeRoom(sid: string): Promise<string> {
  const joinUsers = ['alice', 'bob'].map((_id) => ({ _id, nickName: _id }))
  const { body } = await stack.post('/chat/room', {
    name: sid,
    roomType: 'GROUP',
    link: { sid, name: sid },
    joinUsers,
  })
  return (body as Room)._id
}

/** Every query, explained; fails where one is not served by an index. */
async function expectIndexed(queries: Query[], names: string[]) {
  const examined = await Promise.all(queries.map(examine))
  expect(examined.map(problemOf).filter((problem) => problem !== null)).toEqual([])
  expect(examined.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
  return examined
}

test.each([
  ['the end', {}],
  ['the middle', { lastMessageId: () => idAt(COUNT / 2) }],
  ['the start', { afterMessageId: () => idAt(1) }],
])('a page at %s reads about as many documents as it returns', async (_where, place) => {
  const [anchor] = Object.entries(place).map(([key, id]) => ({ [key]: id() }))
  const queries = await recordQueries(async () => {
    const { list } = await alice.get<{ list: Message[] }>('listenMessagesByRoom', {
      roomId,
      count: 50,
      ...anchor,
    })
    expect(list).toHaveLength(50)
  })
  const examined = await expectIndexed(queries, ['messages by _id'])
  expect(
    examined.filter(({ name }) => name.startsWith('messages')).map(({ returned }) => returned),
  ).toContain(50)
})

test('a user connects and lists rooms by indexes alone', async () => {
  const queries = await recordQueries(async () => {
    const again = await connectAs(stack, 'alice')
    expect((await again.get<{ list: Room[] }>('listenRooms', { limit: 10 })).list).toHaveLength(10)
    again.close()
    const bob = await connectAs(stack, 'bob')
    bob.close()
  })
  await expectIndexed(queries, ['users by _id', 'members by userId', 'rooms by _id, ready'])
})

test('members are counted by room through an index', async () => {
  const queries = await recordQueries(() => alice.get('listenMessagesByRoom', { roomId }))
  await expectIndexed(queries, ['members by roomId'])
})

test('a repeated syncKey is found through an index', async () => {
  await alice.get('joinRoom', sampleId)
  await alice.get('sendMessage', draft(sampleId, 'once'))
  const queries = await recordQueries(() => alice.get('sendMessage', draft(sampleId, 'once')))
  await expectIndexed(queries, ['messages by roomId, author.authorId, syncKey'])
})

test('a query without an index would be seen', async () => {
  const queries = await recordQueries(() => alice.get('queryRooms', { keyword: 'long' }))
  const [query] = queries.filter(({ collection }) => collection.name === 'rooms')
  const unindexed = await examine({ ...(query as Query), filter: { memberCount: 2 } })
  expect(problemOf(unindexed)).toBe('rooms by memberCount reads the whole collection')
})
