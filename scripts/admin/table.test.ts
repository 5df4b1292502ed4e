import { expect, test } from '@jest/globals'
import { fields, table } from './table.ts'
import { bytes, duration } from './units.ts'

test('columns are aligned, whatever the width of their characters', () => {
  expect(
    table(
      ['id', 'name', 'on'],
      [
        ['a', '점심', true],
        ['bcd', 'x', false],
        ['ｅ', '👍🏽!', null],
      ],
    ),
  ).toEqual(['ID   NAME  ON', 'a    점심  yes', 'bcd  x     no', 'ｅ   👍🏽!   -'])
  expect(table(['id'], [])).toEqual(['none'])
})

test('control characters are escaped', () => {
  const evil = 'a\u001b[2Jb\r\nc\u202ed\u2028e'
  expect(table(['name'], [[evil]])[1]).toBe('a\\u{1b}[2Jb\\u{d}\\u{a}c\\u{202e}d\\u{2028}e')
  expect(fields([['name', '\u0007']])).toEqual(['name  \\u{7}'])
})

test('sizes and durations are shown in the largest unit that fits', () => {
  expect([0, 1_023, 1_024, 1_536, 10 * 1_024 ** 3].map(bytes)).toEqual([
    ...['0 B', '1023 B', '1 KB', '1.5 KB', '10 GB'],
  ])
  expect([0, 999, 1_500, 90_000, 7 * 86_400_000].map(duration)).toEqual([
    ...['0 ms', '999 ms', '1.5 s', '1.5 min', '7 d'],
  ])
})
