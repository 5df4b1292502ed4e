import { changeId, messageId } from '@chat/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Model } from 'mongoose'
import mongoose from 'mongoose'
import { type Database, type IdOf, idRange, mongoDatabase } from './database.ts'
import { developmentDatabase, ProbedSequence } from './development-database.ts'
import { type Connection, databaseOf, openMongo } from './mongo.ts'

type Doc = { _id: string; roomId?: string; value: number; key?: string; note?: string }
const schema = new mongoose.Schema<Doc>({
  _id: String,
  roomId: String,
  value: Number,
  key: String,
  note: String,
})
schema.index({ key: 1 }, { unique: true, sparse: true })

let connection: Connection
beforeAll(async () => {
  const name = `database_${crypto.randomUUID().slice(0, 8)}`
  connection = await openMongo(process.env.CHAT_TEST_MONGO_URL as string, name)
})
afterAll(async () => {
  await connection.dropDatabase()
  await connection.close()
})

test('the server reports which database it is', async () => {
  const info = await connection.db?.admin().command({ buildInfo: 1 })
  const expected = info?.secantusVersion ? developmentDatabase : mongoDatabase
  expect(await databaseOf(connection)).toBe(expected)
})

/** Plain queries also work on the development database, only slower. */
const databases: [string, Database][] = [
  ['MongoDB', mongoDatabase],
  ['the development database', developmentDatabase],
]
describe.each(databases)('as on %s', (_, database) => {
  let model: Model<Doc>
  beforeEach(async () => {
    const name = `docs_${crypto.randomUUID().slice(0, 8)}`
    model = connection.model<Doc>(name, schema, name)
    await model.createIndexes()
  })
  const fill = (roomId: string, idOf: IdOf, from: number, to: number) =>
    model.insertMany(numbers(from, to).map((n) => ({ _id: idOf(roomId, n), roomId, value: 1 })))
  const valuesOf = async () => (await model.find({}).sort({ _id: 1 }).lean()).map(({ value }) => value)
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n)

  const [room, before, after] = ['b'.repeat(24), 'a'.repeat(24), 'c'.repeat(24)] as const

  test('the last number of a room is read each time, whatever other rooms exist', async () => {
    const lastNumber = database.lastNumber(model, messageId)
    expect(await lastNumber.of(room)).toBe(0)
    await fill(room, messageId, 1, 40)
    await fill(before, messageId, 1, 7)
    await fill(after, messageId, 1, 90)
    expect(await lastNumber.of(room)).toBe(40)
    expect(await database.lastNumber(model, messageId).of(room)).toBe(40)
    for (const last of [41, 56, 71, 110]) {
      await fill(room, messageId, (await lastNumber.of(room)) + 1, last)
      expect(await lastNumber.of(room)).toBe(last)
    }
    expect(await lastNumber.of('d'.repeat(24))).toBe(0)
  })

  test('changes and messages are numbered separately', async () => {
    await fill(room, changeId, 1, 20)
    await fill(room, messageId, 1, 30)
    expect(await database.lastNumber(model, changeId).of(room)).toBe(20)
    expect(await database.lastNumber(model, messageId).of(room)).toBe(30)
  })

  test("a room's documents are found by their ids", async () => {
    await fill(room, messageId, 1, 9)
    await fill(after, messageId, 1, 9)
    const idsOf = async (condition: object | string) =>
      (await model.find(database.inRoom(room, condition)).sort({ _id: 1 }).lean()).map(({ _id }) => _id)
    const ids = (from: number, to: number) => numbers(from, to).map((n) => messageId(room, n))
    expect(await idsOf(idRange(messageId, room, 3, 5))).toEqual(ids(3, 5))
    expect(await idsOf(idRange(messageId, room, -5, 99_999_999_999))).toEqual(ids(1, 9))
    expect(await idsOf({ $in: [messageId(room, 2), messageId(room, 12)] })).toEqual(ids(2, 2))
    expect(await idsOf(messageId(room, 7))).toEqual(ids(7, 7))
  })

  test('each document is updated with its own value, and none is created', async () => {
    await model.insertMany(numbers(10, 49).map((n) => ({ _id: String(n), value: 1 })))
    const values = numbers(10, 49).map((n): [string, number] => [String(n), n % 2 === 0 ? n : 0])
    await database.updateEach(model, [...values, ['absent', 5]], (value) => [
      { $set: { value: { $max: ['$value', value] } } },
    ])
    expect(await valuesOf()).toEqual(numbers(10, 49).map((n) => (n % 2 === 0 ? n : 1)))
    await database.updateEach(model, [], () => [])
    await database.updateEach(model, [['10', { $add: [1, 2] }]], (value) => [{ $set: { note: value } }])
    expect(await model.collection.findOne({ _id: '10' as never })).toMatchObject({ note: { $add: [1, 2] } })
  })

  test('a document is replaced completely, which frees its unique key', async () => {
    await model.collection.insertOne({ _id: 'a' as never, value: 1, key: 'taken', note: 'old' })
    await connection.transaction(async (session) => {
      await database.replace(model, { _id: 'a', value: 2, key: 'other' } as Doc, session)
    })
    expect(await model.findById('a').lean()).toEqual({ _id: 'a', value: 2, key: 'other' })
  })

  test('slices contain all ids once, in order', () => {
    const ids = numbers(1, 100)
    expect(database.slices(ids).flat()).toEqual(ids)
    expect(database.slices([])).toEqual([])
  })
})

/** A sequence over rooms with these counts, and the number of reads. */
function probing(counts: Map<string, number>) {
  let reads = 0
  const sequence = new ProbedSequence({
    idOf: (roomId, number) => `${roomId}-${number}`,
    highestOf: async (ids) => {
      reads++
      const numbers = ids.map((id) => {
        const [roomId, number] = id.split('-') as [string, string]
        return Number(number) <= (counts.get(roomId) ?? 0) ? Number(number) : 0
      })
      return Math.max(0, ...numbers)
    },
  })
  return { sequence, reads: () => reads }
}

test('probing finds the last number for any count and any earlier knowledge', async () => {
  const count = fc.oneof(fc.nat(300), fc.nat(9_999_999_999))
  await fc.assert(
    fc.asyncProperty(count, fc.nat(100), async (stored, more) => {
      const last = Math.min(stored + more, 9_999_999_999)
      const counts = new Map([['r', stored]])
      const { sequence } = probing(counts)
      expect(await sequence.of('r')).toBe(stored)
      counts.set('r', last)
      expect(await sequence.of('r')).toBe(last)
      expect(await sequence.of('empty')).toBe(0)
    }),
  )
})

test('probing takes one read if the number is known, otherwise at most ten', async () => {
  const { sequence, reads } = probing(new Map([['r', 123_456]]))
  await sequence.of('r')
  expect(reads()).toBeLessThanOrEqual(10)
  const before = reads()
  await sequence.of('r')
  expect(reads()).toBe(before + 1)
})

test('probing takes one read after a write, however many numbers it stored', async () => {
  const counts = new Map<string, number>()
  const { sequence, reads } = probing(counts)
  for (const stored of [1, 2, 5_000]) {
    counts.set('r', stored)
    sequence.note('r', stored)
    expect(await sequence.of('r')).toBe(stored)
  }
  expect(reads()).toBe(3)
})
