import { createLogger, type Logger } from '@chat/service'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { SearchIndex } from './search-index.ts'
import { type Indexes, openIndexes, stateOf } from './testing/indexes.ts'

let indexes: Indexes
let logger: Logger
let index: SearchIndex
let roomId: string

beforeEach(async () => {
  indexes = await openIndexes()
  logger = createLogger('silent')
  roomId = crypto.randomUUID()
})
afterEach(async () => {
  await index?.close()
  await indexes?.close()
})

const open = (more: Partial<ConstructorParameters<typeof SearchIndex>[0]> = {}) => {
  index = new SearchIndex({ ...indexes, readMessages: async () => [], logger, paceMs: 0, ...more })
  return index
}
const message = (seq: number, text = '회의') =>
  stateOf(roomId, seq, { data: { type: 'TEXT', content: { text } } })
/** Its text is none. */
const poison = (seq: number) => message(seq, seq as never)
const messages = (count: number) => Array.from({ length: count }, (_, at) => message(at + 1))

async function found() {
  const seqs: number[] = []
  for await (const batch of indexes.searchReader.candidates({
    grams: ['회의'],
    roomIds: [roomId],
    below: null,
  }))
    seqs.push(...batch.map(({ _id }) => Number(_id.slice(-10))))
  return seqs.toSorted((a, b) => a - b)
}

test('a state that cannot be indexed is set aside and logged, and those beside it are indexed', async () => {
  const error = jest.spyOn(logger, 'error')
  await open().add([message(1), poison(2), message(3), poison(4), message(5)])
  await index.add([message(6)])
  expect(await found()).toEqual([1, 3, 5, 6])
  const ids = error.mock.calls.map(([about]) => (about as unknown as { messageId: string }).messageId)
  expect(ids).toEqual([poison(2)._id, poison(4)._id])
})

/** The stores of an index whose first writes end in `outcome`. */
function failing(outcomes: (() => Promise<unknown>)[]) {
  const segments = Object.create(indexes.segments) as typeof indexes.segments
  segments.begin = async (maker) => {
    await outcomes.shift()?.()
    return indexes.segments.begin(maker)
  }
  return { segments }
}

test('while the database is away nothing is set aside', async () => {
  const error = jest.spyOn(logger, 'error')
  const away = () => Promise.reject(Object.assign(new Error('away'), { name: 'MongoNetworkError' }))
  await open(failing([away, away])).add([message(1)])
  expect(await found()).toEqual([1])
  expect(error).not.toHaveBeenCalled()
})

test('beyond 10,000 waiting states further ones are refused, until some are indexed', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  open(failing([() => promise]))
  const adding = index.add(messages(10_000))
  await expect(index.add([message(10_001)])).rejects.toThrow('Too many')
  resolve()
  await adding
  await index.add([message(10_002)])
  expect((await found()).slice(-2)).toEqual([10_000, 10_002])
})

test('many states in one call do not wait for the pace', async () => {
  open({ paceMs: 24 * 60 * 60 * 1000 })
  for (let slice = 0; slice < 3; slice++) await index.add(messages(100))
  expect(new Set(await found()).size).toBe(100)
})
