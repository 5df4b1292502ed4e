import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { KeyedQueue } from './keyed-queue.ts'

test('tasks of one key run in order and one at a time, even after failures; other keys do not wait', async () => {
  const task = fc.record({ key: fc.constantFrom('a', 'b', 'c'), turns: fc.nat(3), fails: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(task, { maxLength: 12 }), async (tasks) => {
      const queue = new KeyedQueue()
      const running = new Map<string, number>()
      const ended = new Map<string, number[]>()
      const run = async (index: number, { key, turns, fails }: (typeof tasks)[number]) => {
        expect(running.get(key)).toBeUndefined()
        running.set(key, index)
        for (let left = turns; left > 0; left--) await turn()
        running.delete(key)
        ended.set(key, [...(ended.get(key) ?? []), index])
        if (fails) throw new Error(`task ${index}`)
        return index
      }
      const results = await Promise.allSettled(
        tasks.map((one, index) => queue.run(one.key, () => run(index, one))),
      )
      expect(results.map(({ status }) => status)).toEqual(
        tasks.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')),
      )
      for (const indexes of ended.values()) expect(indexes).toEqual(indexes.toSorted((a, b) => a - b))
    }),
    { numRuns: 30 },
  )
})

test('a waiting key does not delay other keys', async () => {
  const queue = new KeyedQueue()
  const gate = Promise.withResolvers<void>()
  const held = queue.run('a', () => gate.promise)
  expect(await queue.run('b', async () => 'done')).toBe('done')
  gate.resolve()
  await held
})
