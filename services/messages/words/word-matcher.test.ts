import { MAX_LETTERS, MAX_WORDS } from '@chat/contract'
import { expect, test } from '@jest/globals'
import { fold } from './text-fold.ts'
import { findBanned, WordMatcher } from './word-matcher.ts'

/** No two of them have the same beginning. */
function largest(): string[] {
  const length = MAX_LETTERS.everywhere / MAX_WORDS.everywhere
  return Array.from({ length: MAX_WORDS.everywhere }, (_, index) =>
    String(index * 7919)
      .split('')
      .toReversed()
      .join('')
      .padEnd(length, 'abcdefgh'),
  )
}

test('the largest list is compiled in slices', async () => {
  const words = largest()
  let turns = 0
  let isReady = false
  const others = () => {
    turns += 1
    if (!isReady) setImmediate(others)
  }
  setImmediate(others)
  const matcher = await WordMatcher.compile({ words, allow: [] })
  isReady = true
  expect(turns).toBeGreaterThan(10)
  expect(findBanned(fold(`so ${words.at(-1)} it is`), [matcher])).toHaveLength(1)
})
