import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { truncate } from './truncate.ts'

const family = '👨‍👩‍👧‍👦'

test.each([
  ['short enough', 100, 'short enough'],
  ['exactly', 7, 'exactly'],
  ['one too many', 11, 'one too man'],
  [`ab${family}c`, 2, 'ab'],
  [`ab${family}c`, 3, 'ab'],
  [`ab${family}c`, 2 + family.length, `ab${family}`],
  ['e\u0301e\u0301', 3, 'e\u0301'],
  ['한글', 1, '한'],
  ['', 5, ''],
])('%s, truncated to %i units, is %s', (text, units, expected) => {
  expect(truncate(text, units)).toBe(expected)
})

test('a truncated text is a well-formed prefix that fits', () => {
  const text = fc.array(fc.constantFrom('a', '한', '🙂', family, '🇰🇷', 'e\u0301')).map((all) => all.join(''))
  fc.assert(
    fc.property(text, fc.nat(30), (whole, units) => {
      const piece = truncate(whole, units)
      expect(whole.startsWith(piece) && piece.isWellFormed() && piece.length <= units).toBe(true)
    }),
  )
})
