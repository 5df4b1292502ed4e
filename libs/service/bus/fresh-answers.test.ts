import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { FreshAnswers } from './fresh-answers.ts'

/** Answers with the state at the time of the request. */
function clock() {
  const answers = new FreshAnswers<number>()
  const state = { now: 0, asked: 0 }
  const ask = (key = 'ann') =>
    answers.of(key, async () => {
      state.asked += 1
      const { now } = state
      await delay(20)
      return now
    })
  return { state, ask }
}

test('calls made while a request is under way share the next one', async () => {
  const { state, ask } = clock()
  const first = ask()
  await delay(5)
  state.now = 1
  const later = Array.from({ length: 100 }, () => ask())
  expect(await first).toBe(0)
  // Their answer includes changes from before the calls.
  expect(new Set(await Promise.all(later))).toEqual(new Set([1]))
  expect(state.asked).toBe(2)
  await ask()
  expect(state.asked).toBe(3)
})

test('each key has its own requests', async () => {
  const { state, ask } = clock()
  await Promise.all([ask('ann'), ask('ben')])
  expect(state.asked).toBe(2)
})

test('a failed request fails for every caller that shares it; the next call requests again', async () => {
  const answers = new FreshAnswers<number>()
  const failing = () => answers.of('ann', () => Promise.reject(new Error('away')))
  const outcomes = await Promise.allSettled([failing(), failing()])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await answers.of('ann', async () => 1)).toBe(1)
})
