import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodePosition, encodePosition } from './position.ts'

const position = { createdAt: new Date(1_700_000_000_123), _id: '0123456789abcdef01234567-0000000042' }
const question = ['alice', '회의', null]
const cursor = encodePosition(position, question)
const decode = (text: string, asked: unknown = question) => {
  try {
    return decodePosition(text, asked)
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('a cursor is valid for its own query only', () => {
  expect(decode(cursor)).toEqual(position)
  expect(cursor.length).toBeLessThan(500)
  for (const other of [
    ['bob', '회의', null],
    ['alice', '회의', 'room'],
    ['alice', '회', null],
  ])
    expect(decode(cursor, other)).toBe('INVALID_REQUEST')
})

test('a cursor with one character changed, removed or added is refused', () => {
  for (let at = 0; at <= cursor.length; at++) {
    const [before, rest] = [cursor.slice(0, at), cursor.slice(at)]
    expect(decode(`${before}${rest.startsWith('A') ? 'B' : 'A'}${rest.slice(1)}`)).toBe('INVALID_REQUEST')
    if (rest) expect(decode(`${before}${rest.slice(1)}`)).toBe('INVALID_REQUEST')
    expect(decode(`${before}=${rest}`)).toBe('INVALID_REQUEST')
  }
})

test.each([[], {}, 5, null, [1], [1, 'a'], [1, 'a', 'b'], ['1', 2, {}], [null, null, null], [1e300, '', '']])(
  'a forged %j is refused',
  (made) => {
    expect(decode(Buffer.from(JSON.stringify(made)).toString('base64url'))).toBe('INVALID_REQUEST')
  },
)

test('any other text is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => expect(decode(text)).toBe('INVALID_REQUEST')),
  )
})
