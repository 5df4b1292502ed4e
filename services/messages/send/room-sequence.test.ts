import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { RoomSequence } from './room-sequence.ts'

const idOf = (roomId: string, number: number) => `${roomId}-${number}`

/** Rooms that hold as many as the map says, and the reads that were needed. */
function open(counts: Map<string, number>) {
  let reads = 0
  const roomSequence = new RoomSequence({
    idOf,
    highestOf: async (ids) => {
      reads++
      const numbers = ids.map((id) => {
        const [roomId, number] = id.split('-') as [string, string]
        return Number(number) <= (counts.get(roomId) ?? 0) ? Number(number) : 0
      })
      return Math.max(0, ...numbers)
    },
  })
  return { roomSequence, reads: () => reads }
}

test('the last number is found however many there are, and whatever is known', async () => {
  const count = fc.oneof(fc.nat(300), fc.nat(9_999_999_999))
  await fc.assert(
    fc.asyncProperty(count, fc.nat(100), fc.boolean(), async (stored, more, isNoted) => {
      const last = Math.min(stored + more, 9_999_999_999)
      const counts = new Map([['r', stored]])
      const { roomSequence } = open(counts)
      expect(await roomSequence.last('r')).toBe(stored)
      counts.set('r', last)
      if (isNoted) roomSequence.note('r', last)
      expect(await roomSequence.last('r')).toBe(last)
      expect(await roomSequence.last('empty')).toBe(0)
    }),
  )
})

test('it costs one read where it is known, and a handful where it is not', async () => {
  const { roomSequence, reads } = open(new Map([['r', 123_456]]))
  await roomSequence.last('r')
  expect(reads()).toBeLessThanOrEqual(10)
  const before = reads()
  await roomSequence.last('r')
  expect(reads()).toBe(before + 1)
})
