import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { BatchQueue } from './batch-queue.ts'

/** A queue whose batches end on request. */
function controlled(options: { maxBatch?: number } = {}) {
  const batches: { items: number[]; done: PromiseWithResolvers<void> }[] = []
  const errors: unknown[] = []
  const queue = new BatchQueue<number>({
    ...options,
    run: (items) => {
      const done = Promise.withResolvers<void>()
      batches.push({ items, done })
      return done.promise
    },
    failed: (error, batch) => errors.push([error, batch]),
  })
  const finish = async (index: number) => {
    batches[index]?.done.resolve()
    await delay(1)
  }
  return { queue, batches, errors, finish, items: () => batches.map(({ items }) => items) }
}

test('the first item runs at once; items added meanwhile form the next batch', async () => {
  const { queue, items, finish } = controlled()
  queue.add(1)
  expect(items()).toEqual([[1]])
  queue.add(2)
  queue.add(3, 4)
  await delay(1)
  expect(items()).toEqual([[1]])
  await finish(0)
  expect(items()).toEqual([[1], [2, 3, 4]])
  await finish(1)
  await queue.idle()
  queue.add(5)
  expect(items()).toEqual([[1], [2, 3, 4], [5]])
})

test('a batch holds no more than its maximum', async () => {
  const { queue, items, finish } = controlled({ maxBatch: 2 })
  queue.add(1, 2, 3, 4, 5)
  await finish(0)
  await finish(1)
  expect(items()).toEqual([[1, 2], [3, 4], [5]])
})

test('items put back run before waiting ones', async () => {
  const { queue, items, finish } = controlled()
  queue.add(1)
  queue.add(4)
  queue.putBack([2, 3])
  await finish(0)
  expect(items()).toEqual([[1], [2, 3, 4]])
})

test('waiting items can be removed, all or some', async () => {
  const { queue, items, finish } = controlled()
  queue.add(1)
  queue.add(2, 3, 4, 5)
  expect(queue.take((n) => n % 2 === 0)).toEqual([2, 4])
  expect(queue.take()).toEqual([3, 5])
  await finish(0)
  await queue.idle()
  expect(items()).toEqual([[1]])
})

test('a batch that fails, synchronously or not, goes to `failed`, and the queue continues', async () => {
  const failures: unknown[] = []
  const done: number[] = []
  const queue = new BatchQueue<number>({
    maxBatch: 1,
    run: ([item]) => {
      if (item === 1) throw new Error('at once')
      if (item === 2) return Promise.reject(new Error('later'))
      done.push(item as number)
      return Promise.resolve()
    },
    failed: (error, batch) => failures.push([(error as Error).message, batch]),
  })
  queue.add(1, 2, 3)
  await queue.idle()
  expect(failures).toEqual([
    ['at once', [1]],
    ['later', [2]],
  ])
  expect(done).toEqual([3])
})

test('`idle` waits for items that a batch adds itself', async () => {
  const done: number[] = []
  const queue: BatchQueue<number> = new BatchQueue<number>({
    run: async ([first]) => {
      if (first === 1) queue.add(2)
      await delay(5)
      done.push(first as number)
    },
    failed: () => {},
  })
  queue.add(1)
  await queue.idle()
  expect(done).toEqual([1, 2])
  await queue.idle()
})

test('with paceMs, batches start at least that far apart', async () => {
  const starts: number[] = []
  const queue = new BatchQueue<number>({
    paceMs: 60,
    run: async () => {
      starts.push(performance.now())
    },
    failed: () => {},
  })
  queue.add(1)
  queue.add(2)
  expect(starts).toHaveLength(1)
  await queue.idle()
  expect(starts).toHaveLength(2)
  expect((starts[1] as number) - (starts[0] as number)).toBeGreaterThanOrEqual(55)
})
