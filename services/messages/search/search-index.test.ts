import type { Message } from '@chat/contract'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Position } from './position.ts'
import type { SearchIndex } from './search-index.ts'
import { roomTerm } from './search-terms.ts'
import { groupOf, listOf } from './segments/postings.ts'
import { partId, postingsPart } from './segments/segment.ts'
import { type Indexes, openIndexes, stateOf, storeState } from './testing/indexes.ts'

const DAY = 24 * 60 * 60 * 1000

let indexes: Indexes
let one: SearchIndex
let other: SearchIndex
let roomId: string

beforeAll(async () => {
  indexes = await openIndexes()
  one = indexes.one
  other = indexes.other
})
afterAll(() => indexes?.close())
beforeEach(() => {
  roomId = crypto.randomUUID()
})

const start = Date.now()
type More = Partial<Message> & { version?: number }
const message = (seq: number, text: string, more: More = {}) =>
  stateOf(roomId, seq, {
    createdAt: new Date(start + seq).toISOString(),
    data: { type: 'TEXT', content: { text } },
    ...more,
  })
const deleted = (seq: number, version: number) =>
  message(seq, '', { version, data: { type: 'TEXT', content: {} }, status: { deleted: true, hidden: false } })
const hidden = (seq: number, text: string, version: number) =>
  message(seq, text, { version, status: { deleted: false, hidden: true } })

/** The seqs that the index offers for all the grams, newest first, once nothing is left to do. */
async function offered(grams: string[], roomIds = [roomId], below: Message | null = null) {
  await indexes.maintenance.run()
  const found: number[] = []
  const position = below && { createdAt: new Date(below.createdAt), _id: below._id }
  for await (const batch of indexes.searchReader.candidates({ grams, roomIds, below: position }))
    found.push(...batch.map(({ _id }) => Number(_id.slice(-10))))
  return found
}

test('the index offers the messages that contain all grams, by room, newest first', async () => {
  await one.add([message(1, '회의 시작'), message(3, '회의록'), message(2, '의회'), message(4, '록회의')])
  expect(await offered(['회의'])).toEqual([4, 3, 1])
  expect(await offered(['회의', '의록'])).toEqual([3])
  expect(await offered(['의록', '회의'])).toEqual([3])
  const first = roomId
  roomId = crypto.randomUUID()
  await one.add([message(5, '회의')])
  expect(await offered(['회의'])).toEqual([5])
  expect(await offered(['회의'], [first, roomId, 'none'])).toEqual([5, 4, 3, 1])
  expect(await offered(['회의'], ['none'])).toEqual([])
})

test('a page begins below a position, even among messages of the same time', async () => {
  const createdAt = new Date(start).toISOString()
  const messages = [1, 2, 3, 4].map((seq) => message(seq, '회의', { createdAt }))
  for (const each of messages) await one.add([each])
  expect(await offered(['회의'], [roomId], messages[3])).toEqual([3, 2, 1])
  expect(await offered(['회의'], [roomId], messages[0])).toEqual([])
})

test('messages of different years are offered in the order of their times', async () => {
  const year = (seq: number) => new Date(start - seq * 400 * DAY).toISOString()
  const messages = [1, 2, 3].map((seq) => message(seq, '회의', { createdAt: year(seq) }))
  for (const each of messages) await storeState(indexes, each)
  await one.add(messages)
  expect(await offered(['회의'])).toEqual([1, 2, 3])
  expect(await offered(['회의'], [roomId], messages[1])).toEqual([3])
})

test('an edit changes the grams of a message', async () => {
  await one.add([message(1, '회의')])
  await one.add([message(1, '점심 www.example.com', { version: 1 })])
  expect([await offered(['회의']), await offered(['점심']), await offered(['#LINK'])]).toEqual([[], [1], [1]])
})

test('deleted and hidden messages are not offered; a message that is shown again is', async () => {
  await one.add([message(1, '회의'), message(2, '회의')])
  await other.add([deleted(1, 1), hidden(2, '회의', 1)])
  expect(await offered(['회의'])).toEqual([])
  await one.add([message(2, '회의', { version: 2 })])
  expect(await offered(['회의'])).toEqual([2])
})

/** Whether any segment has a term of the room. */
async function isInSegments() {
  const { segments } = indexes
  const hash = roomTerm(roomId)
  for (const { _id, bits } of await segments.ready()) {
    const id = partId(_id, postingsPart(groupOf(hash, bits)))
    if (listOf((await segments.read([id])).get(id) as Buffer, hash, bits).length > 0) return true
  }
  return false
}

test('the terms of a deleted message leave the index', async () => {
  await one.add([message(1, '회의')])
  expect(await isInSegments()).toBe(true)
  await other.add([deleted(1, 1)])
  await indexes.maintenance.run()
  expect(await isInSegments()).toBe(false)
})

test('a state that comes after its deletion leaves the index, whoever does the work then', async () => {
  await one.add([deleted(1, 1)])
  await indexes.maintenance.run()
  await other.add([message(1, '회의')])
  await indexes.openMaintenance().run()
  expect(await isInSegments()).toBe(false)
})

test('an old message is indexed as it is stored, and not when it is not', async () => {
  const createdAt = new Date(start - DAY).toISOString()
  await storeState(indexes, message(1, '점심', { createdAt, version: 1 }))
  await one.add([message(1, '회의', { createdAt }), message(2, '회의', { createdAt })])
  expect([await offered(['회의']), await offered(['점심'])]).toEqual([[], [1]])
})

test('nothing of a purged room stays, whatever is indexed at the same time', async () => {
  await one.add([message(1, '회의')])
  await Promise.all([one.forgetRoom(roomId), other.add([message(2, '회의')])])
  await indexes.maintenance.run()
  await one.add([message(3, '회의')])
  await indexes.maintenance.run()
  expect(await isInSegments()).toBe(false)
})

test('late and repeated states leave the latest', async () => {
  const [first, second, third] = [message(1, '회의'), message(1, '점심', { version: 1 }), deleted(1, 2)]
  await one.add([second])
  await one.add([first])
  expect([await offered(['회의']), await offered(['점심'])]).toEqual([[], [1]])
  await one.add([third, second, first])
  for (const state of [third, second, first]) await one.add([state])
  expect([await offered(['회의']), await offered(['점심'])]).toEqual([[], []])
})

test('with two instances and any order of states, the latest wins', async () => {
  const rounds = Array.from({ length: 20 }, (_, index) => index + 1)
  const states = rounds.map((seq) => [
    message(seq, '회의'),
    message(seq, '점심', { version: 1 }),
    seq % 2 === 0 ? deleted(seq, 2) : message(seq, '저녁', { version: 2 }),
  ])
  const turns = states.flatMap((each, round) => each.map((_, at) => each[(at + round) % 3] as Message))
  await Promise.all(
    turns.flatMap((state, turn) => [
      (turn % 2 ? one : other).add([state]),
      (turn % 2 ? other : one).add([state]),
    ]),
  )
  const last = rounds.filter((seq) => seq % 2 === 1).toReversed()
  expect([await offered(['회의']), await offered(['점심']), await offered(['저녁'])]).toEqual([[], [], last])
})

test('many small segments are merged, and a search that reads them goes on', async () => {
  const messages = Array.from({ length: 20 }, (_, index) => message(index + 1, '회의'))
  for (const each of messages) await one.add([each])
  const reading = indexes.searchReader.candidates({ grams: ['회의'], roomIds: [roomId], below: null })
  const { value: first = [] } = (await reading.next()) as IteratorResult<Position[], undefined>
  // What is replaced is deleted by the second and the third run.
  for (let run = 0; run < 3; run++) await indexes.maintenance.run()
  expect((await indexes.segments.ready()).length).toBeLessThan(8)
  expect((await indexes.segments.all()).dropped).toEqual([])
  const seqs = first.map(({ _id }) => _id)
  for await (const batch of reading) seqs.push(...batch.map(({ _id }) => _id))
  expect(seqs).toEqual(messages.map(({ _id }) => _id).toReversed())
})

test('a segment whose writer died is never read and is deleted', async () => {
  const { segments } = indexes
  const id = await segments.begin('writer')
  await segments.put(id, [{ name: 'p0', data: Buffer.alloc(1) }])
  expect((await segments.ready()).map(({ _id }) => _id)).not.toContain(id)
  for (let run = 0; run < 4; run++) await indexes.maintenance.run()
  expect((await segments.all()).writing).toEqual([])
  await expect(segments.read([partId(id, 'p0')])).rejects.toThrow()
  const segment = {
    count: 1,
    bits: 0,
    bytes: 1,
    from: new Date(),
    to: new Date(),
    ends: [new Date()],
    replaces: [],
  }
  expect(await segments.commit({ _id: id, ...segment })).toBe(false)
})
