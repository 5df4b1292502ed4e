import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { countAbove, unreadOf } from './room-view.ts'

const seqs = fc.uniqueArray(fc.integer({ min: 1, max: 40 })).map((list) => list.sort((a, b) => a - b))

test('countAbove counts the seqs above a number', () => {
  fc.assert(
    fc.property(seqs, fc.nat(45), (list, from) => {
      expect(countAbove(list, from)).toBe(list.filter((seq) => seq > from).length)
    }),
  )
})

test('unread messages are those after the cursor, except uncounted ones', () => {
  fc.assert(
    fc.property(seqs, fc.nat(40), fc.nat(45), (gone, lastSeq, readSeq) => {
      let expected = 0
      for (let seq = readSeq + 1; seq <= lastSeq; seq++) if (!gone.includes(seq)) expected += 1
      expect(unreadOf(lastSeq, readSeq, gone)).toBe(expected)
    }),
  )
})
