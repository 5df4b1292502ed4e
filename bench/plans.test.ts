import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Message, Presence, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  openTestBus,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { copyRoom, fillRoom } from './bulk.ts'
import { type Examined, examine, problemOf, type Query, recordQueries } from './queries.ts'

// Checks by query plans on small data what npm run prove measures on large data.

const COUNT = 400

let stack: TestStack
let mongo: MongoClient
let alice: PlainClient
let sampleId: string
let roomId: string

beforeAll(async () => {
  stack = await startTestStack({ config: { webhooksMayBePrivate: true } })
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

const draft = (roomId: string, syncKey: string, content = 'hello') => ({
  roomId,
  syncKey,
  data: { type: 'TEXT', content },
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

/** Explains every query; fails if one is not served by an index. */
async function expectIndexed(queries: Query[], names: string[]) {
  const examined = await Promise.all(queries.map(examine))
  expect(
    examined
      .map(byKey)
      .map(problemOf)
      .filter((problem) => problem !== null),
  ).toEqual([])
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
  const examined = await expectIndexed(queries, ['messages by _id, roomId'])
  expect(
    examined.filter(({ name }) => name.startsWith('messages')).map(({ returned }) => returned),
  ).toContain(50)
})

test('connecting and listing rooms use indexes only', async () => {
  const queries = await recordQueries(async () => {
    const again = await connectAs(stack, 'alice')
    expect((await again.get<{ list: Room[] }>('listenRooms', { limit: 10 })).list).toHaveLength(10)
    again.close()
    const bob = await connectAs(stack, 'bob')
    bob.close()
  })
  await expectIndexed(queries, ['users by _id', 'members by userId', 'rooms by _id, ready'])
})

test('members are counted by room with an index', async () => {
  const queries = await recordQueries(() => alice.get('listenMessagesByRoom', { roomId }))
  await expectIndexed(queries, ['members by roomId'])
})

test('a repeated syncKey is found with an index', async () => {
  await alice.get('joinRoom', sampleId)
  await alice.get('sendMessage', draft(sampleId, 'once'))
  const queries = await recordQueries(() => alice.get('sendMessage', draft(sampleId, 'once')))
  await expectIndexed(queries, ['messages by roomId, author.authorId, syncKey'])
})

test('checking a message for banned words takes point reads, and none once the lists are cached', async () => {
  await stack.post(`/v1/rooms/${sampleId}/banned-words`, { words: ['rude'] })
  const send = (syncKey: string) => alice.get('sendMessage', draft(sampleId, syncKey))
  await expectIndexed(await recordQueries(() => send('cold')), ['wordLists by _id'])
  const warm = await recordQueries(() => send('warm'))
  expect(warm.filter(({ collection }) => collection.name === 'wordLists')).toEqual([])
})

test('exports are found, listed, processed and finished with indexes', async () => {
  type List = { list: { exportId: string; state: string }[] }
  const queries = await recordQueries(async () => {
    const from = '2020-01-01'
    const { exportId } = await alice.get<{ exportId: string }>('exportMessages', {
      ...{ roomId, format: 'CSV', from },
    })
    await eventually(async () =>
      expect(await alice.get('getExport', { exportId })).toMatchObject({ state: 'READY' }),
    )
    expect((await alice.get<List>('listExports', { limit: 1 })).list).toHaveLength(1)
    await alice.get('kickOutUsers', { roomId, targetUserIds: ['bob'] })
  })
  await expectIndexed(queries, [
    ...['exports by $and', 'exports by _id', 'exports by userId', 'exports by roomId, userId'],
    'messages by _id, roomId',
  ])
})

const userOf = (userId: string) =>
  mongo
    .db(`${stack.root}_rooms`)
    .collection('users')
    .findOne({ _id: userId as never })

/** Rooms are found by their keys here, whatever the other conditions. */
const byKey = (query: Examined): Examined =>
  query.name.startsWith('rooms by _id') ? { ...query, docs: query.returned } : query

test('presence, mentions and their counts are found with indexes', async () => {
  const bob = await connectAs(stack, 'bob')
  const first = await alice.get<{ message: Message }>('sendMessage', draft(sampleId, 'mention', '@bob'))
  const mentions = async () =>
    (await bob.get<{ list: Room[] }>('listenRooms', {})).list.find(({ _id }) => _id === sampleId)
      ?.unReadMentionCount
  await eventually(async () => expect(await mentions()).toBe(1))
  const queries = await recordQueries(async () => {
    const { list } = await alice.get<{ list: unknown[] }>('queryPresence', { userIds: ['bob'] })
    expect(list).toHaveLength(1)
    const edit = { roomId: sampleId, messageId: first.message._id, text: 'not @bob ' }
    await alice.get('editMessage', edit)
    bob.close()
    await eventually(async () => {
      const { list } = await alice.get<{ list: Presence[] }>('queryPresence', { userIds: ['bob'] })
      expect(list[0]?.online).toBe(false)
    })
    // Runs every few seconds for all users.
    await eventually(async () => expect((await userOf('bob'))?.online).toBe(false))
  })
  const ofMentions = queries.find(({ collection }) => collection.name === 'mentions') as Query
  // Read by the aggregate of a user's mentions.
  const counting = { ...ofMentions, method: 'find', filter: { userId: 'bob', isOn: true }, options: {} }
  const names = ['users by checkAt', 'members by userId', 'mentions by _id', 'mentions by userId, isOn']
  await expectIndexed([...queries, counting], names)
})

test('a query without an index is detected', async () => {
  const queries = await recordQueries(() => alice.get('queryRooms', { keyword: 'long' }))
  const [query] = queries.filter(({ collection }) => collection.name === 'rooms')
  const unindexed = await examine({ ...(query as Query), filter: { memberCount: 2 } })
  expect(problemOf(unindexed)).toBe('rooms by memberCount reads the whole collection')
})

const platformReads: [what: string, path: () => string, queries: string[]][] = [
  ['rooms of a link', () => '/v1/rooms?linkSid=long', ['rooms by _id, link.sid']],
  ['rooms of a user', () => '/v1/rooms?userId=alice', ['members by userId, roomId']],
  ['all rooms', () => '/v1/rooms?limit=5', ['rooms by _id']],
  ['messages', () => `/v1/rooms/${roomId}/messages`, ['messages by _id, roomId']],
  ['a member', () => `/v1/rooms/${roomId}/members/alice`, ['members by _id', 'bans by _id']],
  ['reports of a room', () => `/v1/reports?roomId=${roomId}`, ['reports by roomId']],
  ['all reports', () => '/v1/reports', ['reports by ']],
  [
    'what is stored about a user',
    () => '/v1/users/alice/export',
    [
      ...['members by userId, roomId', 'mentions by userId', 'mutes by userId', 'exports by userId'],
      ...['messages by roomId, author.authorId, syncKey', 'objects by owner, _id', 'devices by userId'],
    ],
  ],
]
test.each(platformReads)('a platform reads %s with indexes', async (_what, path, names) => {
  const queries = await recordQueries(async () => {
    expect((await stack.call('GET', path())).status).toBe(200)
  })
  await expectIndexed(queries, names)
})

test('an operator inspects a user with indexes', async () => {
  const bus = await openTestBus(stack)
  const caller = { userId: '', requestId: 'operator' }
  const queries = await recordQueries(async () => {
    expect(await bus.ask('inspectUser', caller, 'alice')).toMatchObject({ user: { _id: 'alice' } })
    expect(await bus.ask('listDevices', caller, 'alice')).toEqual({ devices: [] })
    expect(await bus.askJobs('push', 'getDeadLetter', caller, 'none')).toEqual({ deadLetter: null })
    const ids = ['none']
    expect(await bus.askJobs('push', 'dropDeadLetters', caller, { ids })).toEqual({ dropped: 0 })
  })
  await bus.close()
  await expectIndexed(queries, ['users by _id', 'devices by userId', 'tasks by deadAt, _id'])
})

test("erasing a user uses indexes, except for a scan of the last day's stored answers", async () => {
  const queries = await recordQueries(async () => {
    expect(await stack.call('DELETE', '/v1/users/nobody')).toMatchObject({
      body: { data: { state: 'DONE' } },
    })
  })
  await expectIndexed(queries, [
    'members by userId',
    ...['messages by replyTo.author.authorId', 'messages by mentions', 'exports by userId'],
    ...['objects by owner, _id', 'tasks by _id', 'devices by userId'],
    ...['deliveries by about, _id', 'changes by mentions', 'erasedMentions by _id'],
  ])
})

describe('search', () => {
  const TEXT = '회의록은 https://example.com 에'
  beforeAll(async () => {
    for (let n = 0; n < 3; n++) await alice.get('sendMessage', draft(sampleId, `search-${n}`, `${TEXT} ${n}`))
    for (let n = 0; n < 20; n++)
      await alice.get('sendMessage', draft(sampleId, `other-${n}`, '점심은 무엇을'))
    await eventually(async () => expect(await found('searchMessages', { keyword: '점심' })).toHaveLength(20))
  })
  const found = async (event: string, input: object) =>
    (await alice.get<{ list: Message[] }>(event, input)).list

  test.each([
    ['a room', 'searchMessages', { keyword: '회의' }, true],
    ['all rooms', 'searchMessages', { keyword: '회의' }, false],
    ['all rooms, for more than two characters', 'searchMessages', { keyword: '의록은' }, false],
    ['the gallery', 'listGallery', { kind: 'LINK' }, true],
  ])(
    'in %s reads parts of segments by their ids, and its results',
    async (_where, event, input, isInRoom) => {
      const queries = await recordQueries(async () => {
        const list = await found(event, { ...input, ...(isInRoom && { roomId: sampleId }) })
        expect(list.map(({ data }) => data.content.text)).toEqual([2, 1, 0].map((n) => `${TEXT} ${n}`))
      })
      const names = ['searchSegments by state', 'searchParts by _id', 'messages by _id, roomId']
      const examined = await expectIndexed(queries, names)
      const messages = examined.filter(({ name }) => name === 'messages by _id, roomId')
      expect(messages.map(({ returned, docs }) => [returned, docs])).toEqual([[3, 3]])
    },
  )

  test('without its index is detected', async () => {
    const queries = await recordQueries(() => found('searchMessages', { keyword: '회의' }))
    const query = queries.find(({ collection }) => collection.name === 'searchSegments') as Query
    const problem = problemOf(await examine({ ...query, filter: { count: 1 } }))
    expect(problem).toBe('searchSegments by count reads the whole collection')
  })

  test('leads to a deleted text, which leaves the index, by indexes', async () => {
    const messages = mongo.db(`${stack.root}_messages`)
    const pending = () => messages.collection('searchRemovals').countDocuments({ appliedAt: null })
    const { message } = await alice.get<{ message: Message }>(
      'sendMessage',
      draft(sampleId, 'removed', '지울 것'),
    )
    await eventually(async () => expect(await found('searchMessages', { keyword: '지울' })).toHaveLength(1))
    const queries = await recordQueries(async () => {
      await alice.get('deleteMessage', { roomId: sampleId, messageId: message._id })
      await eventually(async () => expect(await pending()).toBe(1))
      await eventually(async () => expect(await pending()).toBe(0))
    })
    await expectIndexed(queries, ['searchRemovals by appliedAt', 'searchSegments by state'])
  })
})

test('webhook deliveries are sent, listed and replayed with indexes', async () => {
  const receiver = createServer((_request, response) => response.writeHead(204).end()).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  const { body } = await stack.post('/v1/webhooks', { url })
  const at = `/v1/webhooks/${(body as { data: { webhookId: string } }).data.webhookId}`
  type Log = { data: { list: { deliveryId: string }[] } }
  const delivered = async (count: number) => {
    const log = await stack.call('GET', `${at}/deliveries?state=DELIVERED`)
    const { list } = (log.body as Log).data
    expect(list).toHaveLength(count)
    return list[0]?.deliveryId
  }
  const queries = await recordQueries(async () => {
    await alice.get('sendMessage', draft(sampleId, 'told'))
    await alice.get('updateRoomSetting', { roomId: sampleId, updateData: { name: 'Told' } })
    const id = await eventually(() => delivered(2))
    expect((await stack.call('GET', `${at}/deliveries`)).status).toBe(200)
    expect((await stack.post(`${at}/deliveries/${id}/replay`, {})).status).toBe(202)
    expect((await stack.call('GET', '/v1/users/alice/export')).status).toBe(200)
    await eventually(() => delivered(2))
  })
  await expectIndexed(queries, [
    ...['webhooks by disabledBecause', 'webhooks by $and'],
    ...['webhooks by _id', 'deliveries by webhookId, nextAt', 'deliveries by webhookId, nextAt, roomId'],
    ...['deliveries by webhookId, state, order', 'deliveries by _id', 'deliveries by about, _id'],
  ])
  await stack.call('DELETE', at)
  receiver.close()
})

test('pushes are decided and sent with indexes', async () => {
  const bob = await connectAs(stack, 'bob')
  await bob.get('registerDevice', { token: 'phone', platform: 'WEB' })
  bob.close()
  const receipts = mongo.db(`${stack.root}_push`).collection('receipts')
  const pushed = async (syncKey: string, count: number) => {
    await alice.get('sendMessage', draft(sampleId, syncKey))
    await eventually(async () => expect(await receipts.countDocuments()).toBe(count))
  }
  await pushed('push-1', 1)
  const queries = await recordQueries(() => pushed('push-2', 2))
  await expectIndexed(queries, [
    'rooms by _id, ready',
    'members by roomId',
    'blocks by _id',
    'devices by userId',
    'devices by _id',
    'receipts by messageIds',
  ])
})
