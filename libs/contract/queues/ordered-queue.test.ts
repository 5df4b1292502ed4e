import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { OrderedQueue } from './ordered-queue.ts'

type Item = { seq: number; updatedAt: string }
const item = (seq: number, updatedAt = '1'): Item => ({ seq, updatedAt })
const page = (...seqs: number[]) => seqs.map((seq) => [seq, item(seq)] as const)
const upTo = (end: number) => Array.from({ length: end }, (_, index) => index + 1)

function collect(maxWaiting?: number) {
  const seqs: number[] = []
  const deliver = ({ seq }: Item) => seqs.push(seq)
  const queue = new OrderedQueue<Item>({ deliver, ...(maxWaiting !== undefined && { maxWaiting }) })
  return { seqs, queue }
}

test('items in any order, with repeats and gaps, are delivered once and in order up to the first gap', () => {
  fc.assert(
    fc.property(fc.nat(5), fc.shuffledSubarray([...Array(20).keys()], { minLength: 1 }), (start, numbers) => {
      const { seqs, queue } = collect()
      for (const number of numbers.slice(0, 5)) queue.take(number, item(number))
      queue.startAt(start)
      for (const number of [...numbers, ...numbers]) queue.take(number, item(number))
      const expected: number[] = []
      for (let next = start + 1; numbers.includes(next); next++) expected.push(next)
      expect(seqs).toEqual(expected)
      expect(queue.last).toBe(start + expected.length)
      expect(queue.isBehind).toBe(numbers.some((number) => number > start + expected.length))
    }),
  )
})

test('all items, in any order and with repeats, are delivered once and in order', () => {
  const arrivals = fc
    .integer({ min: 1, max: 60 })
    .chain((end) =>
      fc
        .tuple(fc.shuffledSubarray(upTo(end), { minLength: end }), fc.array(fc.integer({ min: 1, max: end })))
        .map(([all, repeats]) => ({ end, coming: [...all, ...repeats] })),
    )
  fc.assert(
    fc.property(arrivals, ({ end, coming }) => {
      const { seqs, queue } = collect()
      queue.startAt(0)
      for (const seq of coming) queue.take(seq, item(seq))
      expect(seqs).toEqual(upTo(end))
      expect(queue.isBehind).toBe(false)
    }),
  )
})

test('with any queue size, fetching missing items delivers each one in order and in its latest state', () => {
  const events = fc.array(fc.tuple(fc.constantFrom('take', 'revise'), fc.integer({ min: 1, max: 30 })))
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 1, max: 7 }),
      events,
      (max, size, coming) => {
        const shown: Item[] = []
        const store = new Map(upTo(30).map((seq) => [seq, item(seq, '0')]))
        const queue = new OrderedQueue<Item>({
          deliver: (one) => void shown.push(one),
          update: (one) => {
            shown[one.seq - 1] = one
          },
          maxWaiting: max,
        })
        queue.startAt(0)
        for (const [index, [kind, seq]] of coming.entries()) {
          if (kind === 'revise') store.set(seq, item(seq, `1${String(index).padStart(4, '0')}`))
          const one = store.get(seq) as Item
          if (kind === 'revise') queue.revise(seq, one)
          else queue.take(seq, one)
        }
        queue.expect(30)
        while (queue.isBehind) {
          const after = queue.last ?? 0
          const numbers = upTo(Math.min(30, after + size)).slice(after)
          queue.fill(numbers.map((seq) => [seq, store.get(seq) as Item]))
        }
        expect(shown).toEqual([...store.values()])
      },
    ),
  )
})

test('nothing is delivered before startAt, and only its first call counts', () => {
  const { seqs, queue } = collect()
  queue.take(3, item(3))
  expect([seqs, queue.isBehind]).toEqual([[], false])
  queue.startAt(2)
  queue.startAt(0)
  expect([seqs, queue.last]).toEqual([[3], 3])
})

test('items that arrive before startAt are kept', () => {
  const { seqs, queue } = collect()
  for (const seq of [4, 5, 6]) queue.take(seq, item(seq))
  queue.startAt(4)
  expect(seqs).toEqual([5, 6])
})

test('a page fills the gap, and waiting items follow it', () => {
  const { seqs, queue } = collect()
  queue.startAt(1)
  queue.take(4, item(4))
  expect([seqs, queue.isBehind]).toEqual([[], true])
  queue.fill(page(2, 3, 4))
  expect([seqs, queue.isBehind]).toEqual([[2, 3, 4], false])
})

test('a page does not repeat delivered items', () => {
  const { seqs, queue } = collect()
  queue.startAt(1)
  queue.take(2, item(2))
  queue.fill(page(2, 3))
  expect(seqs).toEqual([2, 3])
})

test('a number missing in a page no longer exists', () => {
  const { seqs, queue } = collect()
  queue.startAt(0)
  queue.take(4, item(4))
  queue.fill(page(1, 3))
  expect([seqs, queue.isBehind]).toEqual([[1, 3, 4], false])
})

test('skipping a gap loses no waiting item', () => {
  const { seqs, queue } = collect()
  queue.startAt(1)
  for (const seq of [5, 3]) queue.take(seq, item(seq))
  queue.skipGaps()
  queue.take(6, item(6))
  expect([seqs, queue.last]).toEqual([[3, 5, 6], 6])
})

test("items above the queue's maximum count as missing", () => {
  const { seqs, queue } = collect(200)
  queue.startAt(0)
  for (let seq = 2; seq <= 1_000; seq++) expect(queue.take(seq, item(seq))).toBe(seq <= 201)
  queue.take(1, item(1))
  expect(seqs).toEqual(upTo(201))
  expect(queue.isBehind).toBe(true)
})

test('a later state of a delivered item is an update; otherwise it replaces the item', () => {
  const heard: unknown[] = []
  const tell = (kind: string) => (one: Item) => void heard.push([kind, one.seq, one.updatedAt])
  const queue = new OrderedQueue<Item>({ deliver: tell('item'), update: tell('update') })
  queue.startAt(1)
  queue.take(3, item(3, '1'))
  queue.revise(1, item(1, '2'))
  queue.revise(3, item(3, '2'))
  queue.fill([
    [2, item(2, '1')],
    [3, item(3, '1')],
  ])
  expect(heard).toEqual([
    ['update', 1, '2'],
    ['item', 2, '1'],
    ['item', 3, '2'],
  ])
})

test('a later state that arrives before its item is delivered with it', () => {
  const { seqs, queue } = collect()
  queue.startAt(1)
  queue.revise(2, item(2))
  queue.fill(page(2))
  expect([seqs, queue.isBehind]).toEqual([[2], false])
})

test('a refused item stays in the queue and is offered again at the next call', () => {
  const given: number[] = []
  let isOpen = false
  const queue = new OrderedQueue<Item>({ deliver: ({ seq }) => isOpen && given.push(seq) })
  queue.startAt(0)
  for (const seq of [1, 2]) queue.take(seq, item(seq))
  expect([given, queue.last, queue.isBehind]).toEqual([[], 0, true])
  isOpen = true
  queue.take(3, item(3))
  expect([given, queue.isBehind]).toEqual([[1, 2, 3], false])
})

test('after restartAt the queue continues from the new end', () => {
  const { seqs, queue } = collect()
  queue.startAt(5)
  queue.take(8, item(8))
  queue.restartAt(3)
  for (const seq of [8, 4]) queue.take(seq, item(seq))
  expect([seqs, queue.last, queue.isBehind]).toEqual([[4], 4, true])
})
