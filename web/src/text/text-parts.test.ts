import { expect, test } from '@jest/globals'
import { plainName, plainText } from './plain-text.ts'
import { type Part, partsOf } from './text-parts.ts'

const shown = (parts: Part[]) =>
  parts.map(({ kind, text, isMarked }) => `${kind}${isMarked ? '*' : ''}:${text}`)

test('only http: and https: addresses become links', () => {
  expect(shown(partsOf('see https://a.example/x?y=1, and http://b.example.'))).toEqual([
    'text:see ',
    'link:https://a.example/x?y=1',
    'text:, and ',
    'link:http://b.example',
    'text:.',
  ])
  for (const text of [
    'javascript:alert(1)',
    'JaVaScRiPt://x',
    'data:text/html,x',
    '<script>alert(1)</script>',
  ])
    expect(shown(partsOf(text))).toEqual([`text:${text}`])
})

test('a link ends before a quote or a bracket', () => {
  expect(shown(partsOf('<a href="https://a.example">x</a>'))).toEqual([
    'text:<a href="',
    'link:https://a.example',
    'text:">x</a>',
  ])
})

test('the longest matching name is the mention, with or without a particle after it', () => {
  expect(shown(partsOf('@민수 @민수정아 어때?', ['민수', '민수정']))).toEqual([
    'mention:@민수',
    'text: ',
    'mention:@민수정',
    'text:아 어때?',
  ])
})

test('the keyword is marked in any case, also within a link', () => {
  expect(shown(partsOf('Lunch https://lunch.example', [], 'lunch'))).toEqual([
    'text*:Lunch',
    'text: ',
    'link:https://',
    'link*:lunch',
    'link:.example',
  ])
})

test('plain text is one part; an empty text has none', () => {
  expect(shown(partsOf('hello'))).toEqual(['text:hello'])
  expect(partsOf('')).toEqual([])
})

test('names and texts lose direction overrides; names also lose control characters', () => {
  expect(plainName('photo\u202Egpj.exe')).toBe('photogpj.exe')
  expect(plainName(' a\n\u0000b ')).toBe('a b')
  expect(plainText('one\n\u202Etwo')).toBe('one\ntwo')
})
