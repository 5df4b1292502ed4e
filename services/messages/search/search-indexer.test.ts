import type { Message } from '@chat/contract'
import { type Connection, openMongo, type StreamEvent } from '@chat/service'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { SearchIndexer } from './search-indexer.ts'
import { SearchStore } from './search-store.ts'

const name = `t${crypto.randomUUID().slice(0, 8)}_search`
const DAY = 24 * 60 * 60 * 1000
const START = Date.UTC(2026, 0, 1)

let mongo: Connection
let search: SearchStore
/** Two instances of the service, on the same stream. */
let one: SearchIndexer
let other: SearchIndexer
let roomId: string

beforeAll(async () => {
  mongo = await openMongo(process.env.CHAT_TEST_MONGO_URL as string, name)
  search = new SearchStore(mongo)
  one = new SearchIndexer(search)
  other = new SearchIndexer(new SearchStore(mongo.useDb(name, { useCache: false })))
})
afterAll(async () => {
  await mongo?.dropDatabase()
  await mongo?.close()
})
beforeEach(() => {
  roomId = crypto.randomUUID()
})

function message(seq: number, text: string, more: Partial<Message> & { version?: number } = {}): Message {
  const { version = 0, ...rest } = more
  const createdAt = rest.createdAt ?? new Date(START + seq * 1000).toISOString()
  return {
    _id: `${roomId}-${String(seq).padStart(10, '0')}`,
    syncKey: `s${seq}`,
    roomId,
    seq,
    author: { authorId: 'ann', nickName: 'ann', profileUrl: null },
    data: { type: 'TEXT', content: { text } },
    replyTo: null,
    mentions: [],
    meta: null,
    status: { deleted: false, hidden: false },
    unReadUserCount: 0,
    createdAt,
    updatedAt: new Date(Date.parse(createdAt) + version).toISOString(),
    ...rest,
  }
}
const sent = (...messages: Message[]): StreamEvent[] =>
  messages.map((message) => ({ kind: 'message', message }))
const changed = (...messages: Message[]): StreamEvent[] =>
  messages.map((message) => ({ kind: 'change', change: 1, message }))
const deleted = (seq: number, version: number) =>
  message(seq, '', { version, data: { type: 'TEXT', content: {} }, status: { deleted: true, hidden: false } })
const hidden = (seq: number, text: string, version: number) =>
  message(seq, text, { version, status: { deleted: false, hidden: true } })

/** The seqs that the index returns for all the grams, newest first. */
async function offered(grams: string[], roomIds = [roomId]) {
  const found = []
  for (const period of await search.periods(null))
    found.push(...(await search.newest({ period, grams, roomIds, below: null, limit: 100 })))
  return found.map(({ _id }) => Number(_id.slice(-10)))
}

test('the index returns the messages that contain all grams, by room, newest first', async () => {
  await one.handle(
    sent(message(1, '회의 시작'), message(3, '회의록'), message(2, '의회'), message(4, '록회의')),
  )
  expect(await offered(['회의'])).toEqual([4, 3, 1])
  expect(await offered(['회의', '의록'])).toEqual([3])
  expect(await offered(['의록', '회의'])).toEqual([3])
  const first = roomId
  roomId = crypto.randomUUID()
  await one.handle(sent(message(5, '회의')))
  expect(await offered(['회의'])).toEqual([5])
  expect(await offered(['회의'], [first, roomId, 'none'])).toEqual([5, 4, 3, 1])
})

test('a page begins below a position, even among messages of the same time', async () => {
  const createdAt = new Date(START).toISOString()
  await one.handle(sent(...[1, 2, 3, 4].map((seq) => message(seq, '회의', { createdAt }))))
  const ask = (below: number) =>
    search.newest({
      period: Math.floor(START / (28 * DAY)),
      grams: ['회의'],
      roomIds: [roomId],
      below: { createdAt: new Date(START), _id: message(below, '')._id },
      limit: 2,
    })
  expect((await ask(4)).map(({ _id }) => _id)).toEqual([message(3, '')._id, message(2, '')._id])
  expect(await ask(1)).toEqual([])
})

test('messages of different years are in different periods', async () => {
  const year = (seq: number) => new Date(START - seq * 400 * DAY).toISOString()
  await one.handle(sent(...[1, 2, 3].map((seq) => message(seq, '회의', { createdAt: year(seq) }))))
  expect(await offered(['회의'])).toEqual([1, 2, 3])
  const periods = await search.periods(null)
  expect(periods).toEqual([...new Set(periods)].toSorted((a, b) => b - a))
  expect(await search.periods({ createdAt: new Date(year(3)), _id: '' })).toEqual([
    Math.floor(Date.parse(year(3)) / (28 * DAY)),
  ])
})

test('an edit changes the grams of a message', async () => {
  await one.handle(sent(message(1, '회의')))
  await one.handle(changed(message(1, '점심 www.example.com', { version: 1 })))
  expect([await offered(['회의']), await offered(['점심']), await offered(['#LINK'])]).toEqual([[], [1], [1]])
})

test('deleted and hidden messages are not returned; a message that is shown again is', async () => {
  await one.handle(sent(message(1, '회의'), message(2, '회의')))
  await one.handle(changed(deleted(1, 1), hidden(2, '회의', 1)))
  expect(await offered(['회의'])).toEqual([])
  await one.handle(changed(message(2, '회의', { version: 2 })))
  expect(await offered(['회의'])).toEqual([2])
})

test('the index keeps no grams of a deleted message', async () => {
  await one.handle(sent(message(1, '회의')))
  await one.handle(changed(deleted(1, 1)))
  expect(await mongo.collection('search').findOne({ roomId })).toMatchObject({ grams: [] })
})

test('late, repeated and batched events leave the latest state', async () => {
  const states = [message(1, '회의'), message(1, '점심', { version: 1 }), deleted(1, 2)]
  const [first, second, third] = states as [Message, Message, Message]
  await one.handle(changed(second))
  await one.handle(sent(first))
  expect([await offered(['회의']), await offered(['점심'])]).toEqual([[], [1]])
  await one.handle([...changed(third), ...changed(second), ...sent(first)])
  for (const state of states.toReversed()) await one.handle(changed(state))
  await one.handle(sent(first))
  expect([await offered(['회의']), await offered(['점심'])]).toEqual([[], []])
})

test('a message event with a later state is indexed as that state', async () => {
  await one.handle(sent(message(1, '점심', { version: 3 }), hidden(2, '점심', 1)))
  await one.handle(sent(message(1, '회의')))
  expect([await offered(['회의']), await offered(['점심'])]).toEqual([[], [1]])
})

test('with two instances and any order of events, the latest state wins', async () => {
  const rounds = Array.from({ length: 20 }, (_, index) => index + 1)
  const states = rounds.map((seq) => [
    sent(message(seq, '회의')),
    changed(message(seq, '점심', { version: 1 })),
    changed(seq % 2 === 0 ? deleted(seq, 2) : message(seq, '저녁', { version: 2 })),
  ])
  const turns = states.flatMap((events, round) =>
    events.map((_, at) => events[(at + round) % 3] as StreamEvent[]),
  )
  await Promise.all(
    turns.flatMap((events, turn) => [
      (turn % 2 ? one : other).handle(events),
      (turn % 2 ? other : one).handle(events),
    ]),
  )
  const last = rounds.filter((seq) => seq % 2 === 1).toReversed()
  expect([await offered(['회의']), await offered(['점심']), await offered(['저녁'])]).toEqual([[], [], last])
})

test('a batch is indexed completely even if some of it is indexed already', async () => {
  await one.handle(sent(message(2, '회의')))
  await one.handle(sent(...[1, 2, 3].map((seq) => message(seq, '회의'))))
  expect(await offered(['회의'])).toEqual([3, 2, 1])
})
