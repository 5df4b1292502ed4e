import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { OrderedQueue } from './ordered-queue.ts'

test('whatever comes, in whatever order and however often, is handed on in order and once', () => {
  fc.assert(
    fc.property(fc.nat(5), fc.shuffledSubarray([...Array(20).keys()], { minLength: 1 }), (start, numbers) => {
      const given: number[] = []
      const ordered = new OrderedQueue<number>((item) => given.push(item))
      for (const number of numbers.slice(0, 5)) ordered.take(number, number)
      ordered.startAt(start)
      for (const number of [...numbers, ...numbers]) ordered.take(number, number)
      const expected: number[] = []
      for (let next = start + 1; numbers.includes(next); next++) expected.push(next)
      expect(given).toEqual(expected)
      expect(ordered.at).toBe(start + expected.length)
      expect(ordered.hasGap).toBe(numbers.some((number) => number > start + expected.length))
    }),
  )
})

test('before it is known where to begin nothing is handed on, and only the first beginning counts', () => {
  const given: number[] = []
  const ordered = new OrderedQueue<number>((item) => given.push(item))
  ordered.take(3, 3)
  expect([given, ordered.hasGap]).toEqual([[], false])
  ordered.startAt(2)
  ordered.startAt(0)
  expect([given, ordered.at]).toEqual([[3], 3])
})
