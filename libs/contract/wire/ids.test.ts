import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { messageId, seqOf } from './ids.ts'

const roomId = fc.string({ unit: 'binary', minLength: 1, maxLength: 128 })
const seq = fc.integer({ min: 1, max: 9_999_999_999 })

test('a message id gives its seq, for its own room only', () => {
  fc.assert(
    fc.property(roomId, roomId, seq, (room, other, number) => {
      expect(seqOf(room, messageId(room, number))).toBe(number)
      if (other !== room) expect(seqOf(other, messageId(room, number))).toBeNull()
    }),
  )
})

test('ids sort by seq', () => {
  fc.assert(
    fc.property(roomId, seq, seq, (room, a, b) => {
      expect(messageId(room, a) < messageId(room, b)).toBe(a < b)
    }),
  )
})

test.each([
  '',
  'room',
  'room-',
  'room-1',
  'room-00000000001',
  'room-0000000000',
  'room-000000000x',
  'room--000000001',
  'room-0000000001\n',
  'room-00000001.0',
  'room-+000000001',
  'room-٠٠٠٠٠٠٠٠٠١',
  ' room-0000000001',
])('%j is not a message of the room', (id) => {
  expect(seqOf('room', id)).toBeNull()
})
