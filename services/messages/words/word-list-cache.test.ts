import { openMongo } from '@chat/service'
import { eventually, openTestBus, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { fold } from './text-fold.ts'
import { WordListCache } from './word-list-cache.ts'
import { findBanned } from './word-matcher.ts'
import { openWords, type WordStore } from './word-store.ts'

let stack: TestStack
let mongo: Awaited<ReturnType<typeof openMongo>>
let bus: Awaited<ReturnType<typeof openTestBus>>
let words: WordStore
/** The lists in the order in which they were read. */
let read: string[] = []
let room = ''

beforeAll(async () => {
  stack = await startTestStack({ instances: { messages: 0, files: 0 } })
  mongo = await openMongo(stack.mongoUrl, `${stack.root}_messages`)
  bus = await openTestBus(stack)
  words = openWords(mongo)
})
afterAll(async () => {
  await bus?.close()
  await mongo?.close()
  await stack?.close()
})
beforeEach(() => {
  read = []
  room = crypto.randomUUID()
})
afterEach(() => {
  jest.restoreAllMocks()
})

const counted = (find: WordStore['find'] = words.find) => ({
  revision: words.revision,
  find: (key: string) => {
    read.push(key)
    return find(key)
  },
})
const ban = (word: string, roomId = room) => words.change(roomId, () => ({ words: [word], allow: [] }))
const finds = async (lists: WordListCache, text: string, roomId = room) =>
  findBanned(fold(text), await lists.in(roomId)).length > 0

test('a cached list is not read again until it changes', async () => {
  await ban('rude')
  const lists = new WordListCache(counted(), bus)
  for (let times = 0; times < 3; times++) expect(await finds(lists, 'rude')).toBe(true)
  expect(read.sort()).toEqual(['*', room].sort())
  await ban('other')
  await lists.announce(room)
  expect(await finds(lists, 'rude')).toBe(false)
  expect(read).toHaveLength(3)
})

test('a change that another instance announces takes effect', async () => {
  const [here, there] = [new WordListCache(words, bus), new WordListCache(words, bus)]
  await bus.flush()
  expect(await finds(here, 'rude')).toBe(false)
  await ban('rude')
  await there.announce(room)
  await eventually(async () => expect(await finds(here, 'rude')).toBe(true))
})

test('a list that was read before a change is not kept after it', async () => {
  const reading = Promise.withResolvers<void>()
  const slow: WordStore['find'] = async (key) => {
    const found = await words.find(key)
    if (key === room) await reading.promise
    return found
  }
  const lists = new WordListCache(counted(slow), bus)
  const before = finds(lists, 'rude')
  await eventually(() => expect(read).toContain(room))
  await ban('rude')
  await lists.announce(room)
  reading.resolve()
  expect(await before).toBe(false)
  expect(await finds(lists, 'rude')).toBe(true)
})

test('a change whose event was missed is found in the background', async () => {
  const lists = new WordListCache(words, bus)
  expect(await finds(lists, 'rude')).toBe(false)
  await ban('rude')
  const now = performance.now()
  jest.spyOn(performance, 'now').mockImplementation(() => now + 31_000)
  expect(await finds(lists, 'rude')).toBe(false)
  await eventually(async () => expect(await finds(lists, 'rude')).toBe(true))
})

test('the least recently used lists are evicted', async () => {
  const rooms = ['a', 'b', 'c'].map((name) => `${name}-${room}`)
  for (const roomId of rooms) await ban('0123456789', roomId)
  const lists = new WordListCache(counted(), bus, { lists: 100, size: 25 })
  for (const roomId of rooms) expect(await finds(lists, '0123456789', roomId)).toBe(true)
  read = []
  for (const roomId of rooms.toReversed()) await lists.in(roomId)
  expect(read.filter((key) => key !== '*')).toEqual([rooms[0]])
})

test('a failed read is not cached', async () => {
  await ban('rude')
  let isAway = true
  const lists = new WordListCache(
    counted((key) => (isAway ? Promise.reject(new Error('away')) : words.find(key))),
    bus,
  )
  await expect(lists.in(room)).rejects.toThrow('away')
  isAway = false
  expect(await finds(lists, 'rude')).toBe(true)
})
