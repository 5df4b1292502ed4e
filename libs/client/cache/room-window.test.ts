import type { Message } from '@chat/contract'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { joinWindow, withoutGap } from './room-window.ts'

const at = (seq: number, version = 0) =>
  ({ seq, _id: `${seq}`, updatedAt: new Date(version).toISOString() }) as Message
const range = (from: number, to: number, version = 0) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => at(from + index, version))
const seqs = (messages: Message[]) => messages.map(({ seq }) => seq)

/** The messages held after joining a page. */
function joined(held: Message[], seq: number, coming: Message[], max: number) {
  const window = joinWindow(held, seq, coming, max)
  const all = new Map(held.map((message) => [message.seq, message]))
  for (const gone of window.removed) all.delete(gone)
  for (const message of window.put) all.set(message.seq, message)
  return { seq: window.seq, held: [...all.values()].sort((a, b) => a.seq - b.seq) }
}

test.each([
  ['the next messages', range(4, 6), [1, 2, 3, 4, 5, 6]],
  ['earlier messages that touch the window', range(-1, 0), [-1, 0, 1, 2, 3]],
  ['an overlap', range(2, 5), [1, 2, 3, 4, 5]],
  ['no messages that leave a gap after it', range(5, 6), [1, 2, 3]],
  ['no messages that leave a gap before it', range(-3, -1), [1, 2, 3]],
])('takes %s', (_, coming, expected) => {
  expect(seqs(joined(range(1, 3), 3, coming, 100).held)).toEqual(expected)
})

test('with an empty cache, a page that reaches the mark is added', () => {
  expect(seqs(joined([], 10, range(6, 10), 100).held)).toEqual([6, 7, 8, 9, 10])
  expect(joined([], 10, range(8, 12), 100)).toMatchObject({ seq: 12 })
  expect(joined([], 10, range(3, 8), 100)).toEqual({ seq: 10, held: [] })
})

test('the later of two states is kept; of equal states, the new one', () => {
  const [older, same, newer] = [at(1, 1), { ...at(1, 2), unReadUserCount: 5 }, at(1, 3)]
  const held = [at(1, 2)]
  expect(joined(held, 1, [older], 9).held).toEqual(held)
  expect(joined(held, 1, [same], 9).held).toEqual([same])
  expect(joined(held, 1, [newer], 9).held).toEqual([newer])
})

test('messages beyond a gap are not shown', () => {
  expect(seqs(withoutGap([at(1), at(3), at(4), at(6)], 4))).toEqual([3, 4])
  expect(withoutGap([at(1), at(2)], 4)).toEqual([])
})

test('after any pages, the cached messages have no gap, end at the mark and never exceed the maximum', () => {
  const page = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 20 }))
  fc.assert(
    fc.property(fc.array(page), fc.integer({ min: 1, max: 15 }), (pages, max) => {
      let state = { seq: 30, held: [] as Message[] }
      for (const [from, length] of pages) {
        const before = state.seq
        state = joined(state.held, state.seq, range(from, from + length - 1), max)
        expect(state.seq).toBeGreaterThanOrEqual(before)
        expect(state.held.length).toBeLessThanOrEqual(max)
        expect(seqs(state.held)).toEqual(seqs(range(state.seq - state.held.length + 1, state.seq)))
      }
    }),
  )
})
