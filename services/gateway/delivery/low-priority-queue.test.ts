import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { LowPriorityQueue } from './low-priority-queue.ts'

const openQueue = () => {
  const queue = new LowPriorityQueue()
  const done: string[] = []
  const add = (roomId: string, emits: number, name: string) => queue.add(roomId, emits, () => done.push(name))
  /** What one turn of the event loop does. */
  const turn = async () => {
    done.length = 0
    await nextTurn()
    return [...done]
  }
  return { add, turn }
}

test('one turn takes what one room has, in order', async () => {
  const { add, turn } = openQueue()
  for (const [room, name] of [
    ['a', 'a1'],
    ['b', 'b1'],
    ['a', 'a2'],
  ] as const)
    add(room, 1, name)
  expect(await turn()).toEqual(['a1', 'a2'])
  expect(await turn()).toEqual(['b1'])
  expect(await turn()).toEqual([])
})

test('a room with much to emit takes turns with others, and a task alone may be too large', async () => {
  const { add, turn } = openQueue()
  for (const name of ['big1', 'big2']) add('big', 1_000, name)
  add('small', 10, 'small')
  expect(await turn()).toEqual(['big1'])
  expect(await turn()).toEqual(['small'])
  expect(await turn()).toEqual(['big2'])
})
