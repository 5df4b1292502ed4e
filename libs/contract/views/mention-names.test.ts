import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { normalised, textWithout } from './mention-names.ts'

test.each([
  ['Ann', '@Ann, are you there?', '@(erased), are you there?'],
  ['Ann', '@ANN and ＠ａｎｎ and ﹫Ann!', '@(erased) and @(erased) and @(erased)!'],
  ['Ann', 'Ann, @Anna, @Ann2, @Ann_ and ann@ann.com', 'Ann, @Anna, @Ann2, @Ann_ and ann@ann.com'],
  ['Ann', '(@Ann)@Ann', '(@(erased))@(erased)'],
  ['Ann Lee', '@Ann  \n Lee Smith', '@(erased) Smith'],
  ['Ann Lee', '@Ann Leeds', '@Ann Leeds'],
  ['민수', '@민수야 밥 먹자, @김민수', '@(erased)야 밥 먹자, @김민수'],
  ['민수', '@민수야'.normalize('NFD'), '@(erased)야'.normalize('NFD')],
  ['미', '@민수 @미야', '@민수 @(erased)야'],
  ['민수', '@ￂ @민수', '@ￂ @(erased)'],
  ['가', '@ﾡￂ!', '@(erased)!'],
  ['Zoë', '@Zoe\u0308 @Zoe', '@(erased) @Zoe'],
  ['Zoe', '@Zoe\u0308 @Zoe', '@Zoe\u0308 @(erased)'],
  ['👩', '@👩\u200d💻 @👩', '@👩\u200d💻 @(erased)'],
  ['ΟΔΥΣΣΕΥΣ', '@Οδυσσευς @ΟΔΥΣΣΕΥΣ야', '@(erased) @(erased)야'],
  ['İlker', '@i̇lker', '@(erased)'],
  ['a+b (c)*[^$', '@a+b (c)*[^$ .', '@(erased) .'],
  ['$&', 'to @$& and $&', 'to @(erased) and $&'],
  ['$1', '@$1', '@(erased)'],
  ['', '@ and @', '@ and @'],
  ['   ', '@    @', '@    @'],
  ['@', '@@ @@', '@(erased) @(erased)'],
  ['(', '@( @(erased)', '@(erased) @(erased)'],
  ['(erased)', '@(erased)', '@(erased)'],
  ['(erased) Bob', '@(erased) Bob @(erased)', '@(erased) @(erased)'],
])('removing %j from %j gives %j', (nickName, text, expected) => {
  expect(textWithout(text, nickName)).toBe(expected)
  expect(textWithout(expected, nickName)).toBe(expected)
})

test.each([
  ['@Ann Lee and @Ann', '@Ann Lee and @(erased)', ['Ann Lee']],
  ['@Ann Leeds', '@(erased) Leeds', ['Ann Lee']],
  ['@Ann', '@(erased)', ['Ann', 'An']],
])('longer names of other users win: %s', (text, expected, others) => {
  expect(textWithout(text, 'Ann', others)).toBe(expected)
})

test('a longer Korean name belongs to the other user', () => {
  expect(textWithout('@민수정이랑 @민수랑', '민수', ['민수정'])).toBe('@민수정이랑 @(erased)랑')
  expect(textWithout('@민수정이랑 @민수랑', '민수')).toBe('@(erased)정이랑 @(erased)랑')
})

test('a text without a mention is returned unchanged', () => {
  const text = 'to @Anna'
  expect(textWithout(text, 'Ann')).toBe(text)
})

const name = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
)

test('every mention of a name is replaced, in any width and case; the text around it stays', () => {
  const letters = name.filter((text) =>
    /^\p{L}(?:[\p{L} ]*\p{L})?$/u.test(text.normalize('NFKC').toLowerCase()),
  )
  const around = fc.string({ unit: 'grapheme' }).filter((text) => !/[@＠﹫]/u.test(text))
  const form = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => text.normalize('NFD'),
    (text) => text.normalize('NFKC'),
    (text) => normalised(text),
  )
  fc.assert(
    fc.property(letters, around, around, form, (nickName, before, after, as) => {
      const said = `${before} @${as(nickName)}. ${after}`
      expect(textWithout(said, nickName)).toBe(`${before} @(erased). ${after}`)
    }),
  )
})

test('a second removal changes nothing', () => {
  const text = fc
    .array(fc.oneof(fc.constantFrom('@', '＠', '@(erased)', ' '), name))
    .map((all) => all.join(''))
  fc.assert(
    fc.property(name, text, (nickName, said) => {
      const once = textWithout(`${said}@${nickName}`, nickName)
      expect(textWithout(once, nickName)).toBe(once)
    }),
  )
})

test('a text of the maximum length with the shortest mentions stays within the limit', () => {
  const text = '@가 '.repeat(110_000)
  const left = textWithout(text, '가')
  expect(left.length).toBeLessThanOrEqual(1_000_000)
  expect(left).not.toContain('@가')
})
