import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Mark } from '../store/documents.ts'
import { merged } from './uncounted-messages.ts'

const now = Date.parse('2026-11-24T12:00:00.000Z')
const at = (ms: number) => new Date(now + ms).toISOString()

const mark: fc.Arbitrary<Mark> = fc.record({
  seq: fc.integer({ min: 1, max: 5 }),
  isGone: fc.boolean(),
  updatedAt: fc.integer({ min: 0, max: 1_000 }).map(at),
})
/** No two marks of a message have the same time. */
const marks = fc.uniqueArray(mark, { selector: ({ seq, updatedAt }) => `${seq} ${updatedAt}`, maxLength: 30 })

test('merging marks in any order, in parts and repeatedly yields the latest mark of each message', () => {
  fc.assert(
    fc.property(marks, fc.infiniteStream(fc.nat()), fc.nat(30), (all, order, cut) => {
      const shuffled = all
        .map((each): [number, Mark] => [order.next().value as number, each])
        .sort((a, b) => a[0] - b[0])
        .map(([, each]) => each)
      const expected = merged([], all, now)
      const inPieces = merged(merged([], shuffled.slice(0, cut), now), shuffled.slice(cut), now)
      expect(inPieces).toEqual(expected)
      expect(merged(inPieces, shuffled, now)).toEqual(expected)
      for (const { seq, updatedAt } of expected)
        expect(all.filter((each) => each.seq === seq && each.updatedAt > updatedAt)).toEqual([])
    }),
  )
})

test('the mark of a message that counts again is dropped once no older mark can arrive', () => {
  const shown: Mark = { seq: 1, isGone: false, updatedAt: at(0) }
  const hidden: Mark = { seq: 2, isGone: true, updatedAt: at(0) }
  expect(merged([shown, hidden], [], now)).toEqual([shown, hidden])
  const later = now + 9 * 24 * 60 * 60 * 1000
  expect(merged([shown, hidden], [], later)).toEqual([hidden])
})
