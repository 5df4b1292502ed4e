import { expect, test } from '@jest/globals'
import { maskWords } from './mask.ts'
import { fold } from './text-fold.ts'
import { findBanned, WordMatcher } from './word-matcher.ts'

const lettersOf = (text: string) => String.fromCodePoint(...fold(text).letters)
const finds = async (word: string, text: string, allow: string[] = []) =>
  findBanned(fold(text), [await WordMatcher.compile({ words: [word], allow })]).length > 0
const mask = async (word: string, text: string, allow: string[] = []) =>
  maskWords(text, [await WordMatcher.compile({ words: [word], allow })])

test.each([
  ['case', 'RuDe', 'rude'],
  ['width', 'ｒｕＤＥ', 'rude'],
  ['half-width kana', 'ﾊﾞｶ', 'バカ'],
  ['both spellings of a kana', 'は\u3099か', 'ばか'],
  ['ligatures and ß', 'ﬂuß', 'fluss'],
  ['accents, composed or not', 'r\u00fade\u0301', 'rude'],
  ['mathematical letters', '𝓻𝓾𝓭𝓮', 'rude'],
  ['circled letters', 'ⓡⓤⓓⓔ', 'rude'],
  ['both small sigmas', 'σας', 'σασ'],
  ['separators', 'r u-d.e!\n', 'rude'],
  ['invisible characters', 'r\u200bu\u00add\u2060e\ufeff\u3164\ufe0f', 'rude'],
  ['strokes and other people\u2019s marks', 'r\u0336u\u0e49d\u20dde', 'rude'],
  ['digits of any kind', '１８ ①⑧', '1818'],
])('%s make no difference', (_, text, same) => {
  expect(lettersOf(text)).toBe(lettersOf(same))
})

test.each([
  ['a voiced kana', 'はか', 'ばか'],
  ['the vowels of Thai', 'กา', 'กี'],
  ['the vowels of Hindi', 'की', 'का'],
])('%s is another word', (_, text, other) => {
  expect(lettersOf(text)).not.toBe(lettersOf(other))
  expect(lettersOf(text.normalize('NFD'))).toBe(lettersOf(text.normalize('NFC')))
})

test.each(
  [
    ...['나쁜말', '나쁜말'.normalize('NFD'), '나 쁜 말', '나\u200b쁜\u200b말', '나.쁜_말', '이나쁜말은'],
    ...['ㄴㅏㅃㅡㄴㅁㅏㄹ', '나쁜마ㄹ', 'ㄴㅏ쁜말', '나쁜ㅁㅏㄹ', '나쁘ㄴ말', '나~쁜💢말'],
    // Half-width letters.
    '\uffa4\uffc2\uffb3\uffda\uffa4\uffb1\uffc2\uffa9',
  ].map((text) => [text]),
)('%s contains the word', async (text) => {
  expect(await finds('나쁜말', text)).toBe(true)
})

test('a word matches whole syllables only', async () => {
  expect(await finds('시바', '다시 발로')).toBe(false)
  expect(await finds('시발', '다시 바로')).toBe(false)
  expect(await finds('시발', '다시 바로'.normalize('NFD'))).toBe(false)
  expect(await finds('ㅗ', '고고 오리')).toBe(false)
  expect(await finds('ㅗ', 'ㅗㅗ')).toBe(true)
  expect(await finds('ㅅㅂ', 'ㅅ ㅂ')).toBe(true)
  expect(await finds('ㅅㅂ', '옷발')).toBe(false)
})

test('a banned word passes only inside an allowed word, spelled as such', async () => {
  expect(await finds('cunt', 'Scunthorpe', ['scunthorpe'])).toBe(false)
  expect(await finds('cunt', 'ＳＣＵＮＴＨＯＲＰＥ united', ['scunthorpe'])).toBe(false)
  expect(await finds('cunt', 'Scunthorpe is a cunt', ['scunthorpe'])).toBe(true)
  expect(await finds('시발', '새로운 시발점에서', ['시발점'])).toBe(false)
  expect(await finds('시발', '시발 점심', ['시발점'])).toBe(true)
  expect(await finds('시발', '다시 발로 차자', ['다시 발'])).toBe(false)
  expect(await finds('asshole', 'classhole', ['class'])).toBe(true)
})

test('each character of a word becomes a star; characters between them stay', async () => {
  expect(await mask('rude', 'so RUDE!')).toBe('so ****!')
  expect(await mask('rude', 'r u d\u200be')).toBe('* * *\u200b*')
  expect(await mask('rude', 'ru\u0308d\u0336e\u0301')).toBe('****')
  expect(await mask('나쁜말', 'ㄴㅏ쁜말'.normalize('NFD'))).toBe('****')
  expect(await mask('나쁜말', '👨‍👩‍👧 나쁜말 👍🏽')).toBe('👨‍👩‍👧 *** 👍🏽')
  expect(await mask('fluss', 'der ﬂuß')).toBe('der ***')
  expect(await mask('cunt', 'Scunthorpe cunt', ['scunthorpe'])).toBe('Scunthorpe ****')
})

test('a masked text contains no banned word', async () => {
  const words = await WordMatcher.compile({ words: ['ab'], allow: [] })
  const tower = 'a'.repeat(2_000) + 'b'.repeat(2_000)
  for (const text of ['aabb', 'aaabbb', tower]) {
    const shown = maskWords(text, [words])
    expect(findBanned(fold(shown), [words])).toEqual([])
    expect(shown).toHaveLength(text.length)
  }
})
