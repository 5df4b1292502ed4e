import type { Message } from '@chat/contract'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { message } from '../testing/fake-server.ts'
import { RoomOrder } from './room-order.ts'

const collect = () => {
  const seqs: number[] = []
  return { seqs, order: new RoomOrder(({ seq }) => seqs.push(seq)) }
}
const upTo = (end: number) => Array.from({ length: end }, (_, index) => index + 1)

test('any arrival order, with repeats, becomes each once and in order', () => {
  const arrivals = fc
    .integer({ min: 1, max: 60 })
    .chain((end) =>
      fc
        .tuple(fc.shuffledSubarray(upTo(end), { minLength: end }), fc.array(fc.integer({ min: 1, max: end })))
        .map(([all, repeats]) => ({ end, seqs: [...all, ...repeats] })),
    )
  fc.assert(
    fc.property(arrivals, ({ end, seqs: coming }) => {
      const { seqs, order } = collect()
      order.startAt(0)
      for (const seq of coming) order.take(message('r1', seq))
      expect(seqs).toEqual(upTo(end))
      expect(order.isBehind).toBe(false)
    }),
  )
})

test('what comes before it is known where to begin is kept', () => {
  const { seqs, order } = collect()
  for (const seq of [4, 5, 6]) order.take(message('r1', seq))
  order.startAt(4)
  expect(seqs).toEqual([5, 6])
})

test('a page fills the gap, and what waited follows it', () => {
  const { seqs, order } = collect()
  order.startAt(1)
  order.take(message('r1', 4))
  expect([seqs, order.isBehind]).toEqual([[], true])
  order.fill([2, 3, 4].map((seq) => message('r1', seq)))
  expect([seqs, order.isBehind]).toEqual([[2, 3, 4], false])
})

test('a page repeats nothing that has been handed on', () => {
  const { seqs, order } = collect()
  order.startAt(1)
  order.take(message('r1', 2))
  order.fill([2, 3].map((seq) => message('r1', seq)))
  expect(seqs).toEqual([2, 3])
})

test('a gap that cannot be filled is given up without losing what waited', () => {
  const { seqs, order } = collect()
  order.startAt(1)
  for (const seq of [5, 3]) order.take(message('r1', seq))
  order.giveUpGap()
  order.take(message('r1', 6))
  expect([seqs, order.at]).toEqual([[3, 5, 6], 6])
})

test('more than can be held is known to be missing', () => {
  const { seqs, order } = collect()
  order.startAt(0)
  for (let seq = 2; seq <= 1_000; seq++) order.take(message('r1', seq))
  order.take(message('r1', 1))
  expect(seqs.length).toBeLessThan(1_000)
  expect(seqs).toEqual(upTo(seqs.length))
  expect(order.isBehind).toBe(true)
})

test('a later state is an update where the message was handed on, and else takes its place', () => {
  const heard: unknown[] = []
  const tell = (kind: string) => (message: Message) => heard.push([kind, message.seq, message.updatedAt])
  const order = new RoomOrder(tell('message'), tell('update'))
  const at = (seq: number, updatedAt: string) => ({ ...message('r1', seq), updatedAt })
  order.startAt(1)
  order.take(at(3, '1'))
  order.revise(at(1, '2'))
  order.revise(at(3, '2'))
  order.fill([at(2, '1'), at(3, '1')])
  expect(heard).toEqual([
    ['update', 1, '2'],
    ['message', 2, '1'],
    ['message', 3, '2'],
  ])
})

test('a later state of a message that is still to come is what comes', () => {
  const { seqs, order } = collect()
  order.startAt(1)
  order.revise(message('r1', 2))
  order.fill([message('r1', 2)])
  expect([seqs, order.isBehind]).toEqual([[2], false])
})
