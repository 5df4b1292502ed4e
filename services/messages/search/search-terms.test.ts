import type { MessageData } from '@chat/contract'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { comparable, gramsOf, holds, isOfKind, markerOf, roomTerm, termsOf } from './search-terms.ts'
import { hashOf } from './segments/term-hash.ts'

const saying = (text: string): MessageData => ({ type: 'TEXT', content: { text } })
const file = (name: string) => ({ name, path: 'p', size: 1 })
/** Whether the index returns the message for the keyword and the message contains it. */
const finds = (data: MessageData, keyword: string) => {
  const terms = new Set(termsOf(data, 'room'))
  const grams = gramsOf(comparable(keyword))
  const isOffered = grams.length > 0 && grams.every((gram) => terms.has(hashOf(gram)))
  return isOffered && holds(data, comparable(keyword))
}

test.each([
  ['Korean', '내일 회의는 세 시에 시작합니다', ['내일', '회의', '의는 세', '시에 시작', '합니다', '작합']],
  ['Japanese', '明日の会議は東京タワーで', ['会議', '東京', 'タワー', 'の会', 'ーで']],
  ['half-width Japanese', 'ﾀﾜｰ', ['タワー', 'ﾀﾜ']],
  ['Chinese', '我们明天在北京见面', ['北京', '明天', '们明', '见面']],
  ['characters beyond the first plane', '𠮷野家へ', ['𠮷野', '野家']],
  ['English in any case', 'Straße and İstanbul, C++ or C#', ['STRA', 'tanbul', 'c++', 'C#', 'd İ', 'an']],
  ['emoji', 'ok 👍🏽👨‍👩‍👧!', ['👍🏽', '🏽👨', '👧!', 'k 👍']],
  ['full width', 'ＡＢＣ　１２３', ['abc', 'c 1', '12']],
  ['decomposed Hangul', '한글 파일'.normalize('NFD'), ['한글', '글 파']],
  ['composed, sought decomposed', 'café au lait', ['café'.normalize('NFD'), 'é au']],
  ['a sigma at the end of a part', 'ΟΔΥΣΣΕΥΣ', ['ΟΔΥΣ', 'οδυς', 'σευς']],
  ['white space of any kind', 'one\n\n\ttwo\u3000three', ['one two', 'e t', 'o three']],
])('%s is found by every part', (_what, text, keywords) => {
  for (const keyword of keywords) expect([keyword, finds(saying(text), keyword)]).toEqual([keyword, true])
})

test('any part of any text is found, and only in messages that contain it', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'가나 aAéΣς\u0301ﷺ𠮷 \n') }),
  )
  fc.assert(
    fc.property(text, text, fc.nat(), fc.nat({ max: 12 }), (said, other, start, length) => {
      const characters = [...comparable(said)]
      const from = start % (characters.length + 1)
      const keyword = characters.slice(from, from + 2 + length).join('')
      if (gramsOf(comparable(keyword)).length === 0) return
      expect(finds(saying(said), keyword)).toBe(true)
      const has = comparable(other).includes(comparable(keyword))
      expect(finds(saying(other), keyword)).toBe(has)
    }),
    { numRuns: 2_000 },
  )
})

test('a text of the maximum length is indexed completely', () => {
  const long = Array.from({ length: 4_000 }, (_, index) =>
    String.fromCharCode(0xac00 + ((index * 7919) % 11_172)),
  ).join('')
  // Its pairs, and the room.
  expect(new Set(termsOf(saying(long), 'room')).size).toBe(3_999 + 1)
  for (const at of [0, 1_999, 3_998]) expect(finds(saying(long), long.slice(at, at + 2))).toBe(true)
})

test('a single character is not a keyword', () => {
  for (const keyword of ['', '가', ' 가 ', '👍', 'é'.normalize('NFD')])
    expect(gramsOf(comparable(keyword))).toEqual([])
  expect(gramsOf(comparable('a b'))).toEqual(['ab'])
})

describe('a search covers', () => {
  test('the text of cards and the names of files', () => {
    const card: MessageData = { type: 'CARD', content: { rawData: { cardType: 'c', text: '신청서 도착' } } }
    const files: MessageData = { type: 'FILE', content: { files: [file('견적서 최종.pdf'), file('b.txt')] } }
    expect(finds(card, '신청')).toBe(true)
    expect(finds(files, '최종.PDF')).toBe(true)
    expect(finds(files, 'pdf b')).toBe(false)
  })

  test('each text of a message by itself', () => {
    const data: MessageData = {
      type: 'CARD',
      content: { text: 'one', rawData: { cardType: 'c', text: 'two' } },
    }
    expect(finds(data, 'one two')).toBe(false)
  })

  test('nothing in a message without text', () => {
    expect(termsOf({ type: 'TEXT', content: {} }, 'room')).toEqual([])
  })
})

describe('the gallery', () => {
  test.each([
    ['see https://example.com/a?b=c', true],
    ['링크http://example.com', true],
    ['WWW.example.com', true],
    ['http://', false],
    ['awww.so cute', false],
    ['example.com', false],
  ])('%s', (text, isLink) => {
    expect(isOfKind(saying(text), 'LINK')).toBe(isLink)
    expect(termsOf(saying(text), 'room').includes(hashOf(markerOf('LINK')))).toBe(isLink)
  })

  test('contains cards and notices with links, and files by type', () => {
    const content = { rawData: { cardType: 'c', text: 'https://example.com' } }
    expect(isOfKind({ type: 'CARD', content }, 'LINK')).toBe(true)
    expect(isOfKind({ type: 'ADMIN', content: { text: 'www.example.com' } }, 'LINK')).toBe(true)
    for (const type of ['PHOTO', 'VIDEO', 'FILE'] as const) {
      const terms = [roomTerm('room'), hashOf(markerOf(type))]
      expect(termsOf({ type, content: { files: [] } }, 'room')).toEqual(terms)
    }
  })

  test('marks its messages with terms that no keyword finds', () => {
    expect(finds({ type: 'PHOTO', content: {} }, '#PHOTO')).toBe(false)
    expect(finds(saying('#photo'), '#PHOTO')).toBe(true)
    expect(isOfKind(saying('#PHOTO'), 'PHOTO')).toBe(false)
  })
})
