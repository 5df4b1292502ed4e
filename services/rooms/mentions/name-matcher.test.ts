import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { NameMatcher } from './name-matcher.ts'

const names = ['민수', '김민수', '민수정', 'Ann', 'Anna', 'Ann Lee', 'min_su', '田中', 'Zoë', 'a+b (c)', '👩']
const matching = new NameMatcher(names.map((nickName) => ({ userId: `id of ${nickName}`, nickName })))
const found = (text: string) => matching.in(text).map(([id]) => id?.replace('id of ', ''))

test.each([
  ['@민수', ['민수']],
  ['@민수야 밥 먹자', ['민수']],
  ['@민수가 왔다', ['민수']],
  ['@김민수님께서는', ['김민수']],
  ['@민수정이랑', ['민수정']],
  ['안녕@민수, @김민수!', ['민수', '김민수']],
  ['@민수@김민수', ['민수', '김민수']],
  ['＠민수야', ['민수']],
  ['@민수야'.normalize('NFD'), ['민수']],
  ['@ann', ['Ann']],
  ['@Anna', ['Anna']],
  ['@Anne', []],
  ['@Ann2', []],
  ['@Ann아', ['Ann']],
  ['@Ann Lee is here', ['Ann Lee']],
  ['@Ann Leeds', ['Ann']],
  ['(@Ann)', ['Ann']],
  ['@Ann.', ['Ann']],
  ['ann@ann.com', []],
  ['@min_su', ['min_su']],
  ['@田中さん', ['田中']],
  ['@Zoe\u0308', ['Zoë']],
  ['@a+b (c)?', ['a+b (c)']],
  ['@👩', ['👩']],
  ['@👩\u200d💻', []],
  ['@', []],
  ['@@@민수', ['민수']],
  ['@ 민수', []],
  ['민수', []],
])('%s', (text, expected) => {
  expect(found(text)).toEqual(expected)
})

test('all users with the same name are found', () => {
  const two = new NameMatcher([
    { userId: 'a', nickName: '민수' },
    { userId: 'b', nickName: '민수' },
  ])
  expect(two.in('@민수야')).toEqual([['a', 'b']])
})

test('any name is found at the end of any text', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    // Checked after normalization, where some old letters become a space and a mark.
    .filter((text) => /^\p{L}+$/u.test(text.normalize('NFKC').toLowerCase()))
  fc.assert(
    fc.property(name, fc.string({ unit: 'grapheme' }), (nickName, text) => {
      const only = new NameMatcher([{ userId: 'x', nickName }])
      only.in(text)
      expect(only.in(`${text} @${nickName}`).flat()).toContain('x')
    }),
  )
})

test('a text of mentions only is matched within a second', () => {
  const many = new NameMatcher(
    Array.from({ length: 1_000 }, (_, n) => ({ userId: `${n}`, nickName: `${'가'.repeat(90)}${n}` })),
  )
  const started = performance.now()
  expect(many.in('@가'.repeat(2_000))).toEqual([])
  expect(performance.now() - started).toBeLessThan(1_000)
})
