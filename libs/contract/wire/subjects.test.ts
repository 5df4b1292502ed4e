import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { kindOf, subjectsOf, token } from './subjects.ts'

const awkward = [
  '.',
  '*',
  '>',
  ' ',
  '',
  '=',
  '=2e',
  '$',
  '\u0000',
  '\n',
  '\t',
  '한글',
  '🙂',
  '_',
  '-',
  'a',
  'A',
  '%',
]

/** Ids from outside: well-formed text, mixed with characters that have a meaning on the bus. */
const id = fc
  .array(fc.oneof(fc.constantFrom(...awkward), fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 40,
  })
  .map((parts) => parts.join('').slice(0, 128).toWellFormed())

/** NATS's rule: `*` matches one token, `>` one or more at the end. */
function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.')
  const given = subject.split('.')
  for (const [at, part] of wanted.entries()) {
    if (part === '>') return given.length > at
    if (given[at] === undefined || (part !== '*' && part !== given[at])) return false
  }
  return wanted.length === given.length
}

test("the tests' matcher works like NATS", () => {
  expect(matches('a.*.c', 'a.b.c')).toBe(true)
  expect(matches('a.>', 'a.b.c')).toBe(true)
  expect(matches('a.>', 'a')).toBe(false)
  expect(matches('a.*', 'a.b.c')).toBe(false)
})

test('an id becomes one token of safe characters', () => {
  fc.assert(fc.property(id, (text) => expect(token(text)).toMatch(/^[A-Za-z0-9_=-]+$/)))
  for (const text of ['', ...awkward, 'x'.repeat(128), '🙂'.repeat(64)]) {
    expect(token(text)).toMatch(/^[A-Za-z0-9_=-]+$/)
  }
})

test('different ids have different tokens', () => {
  fc.assert(
    fc.property(id, id, (a, b) => expect(token(a) === token(b)).toBe(a === b)),
    { numRuns: 500 },
  )
  const known = [
    '',
    ' ',
    '=',
    '==',
    '=20',
    '20',
    '=3d',
    '=3D',
    '.',
    '=2e',
    '=2E',
    '*',
    '>',
    'a',
    'A',
    '한',
    '=ed',
  ]
  expect(new Set(known.map(token)).size).toBe(known.length)
})

test('a token can be decoded to its id', () => {
  const read = (text: string) => decodeURIComponent(text === '=' ? '' : text.replaceAll('=', '%'))
  fc.assert(fc.property(id, (text) => expect(read(token(text))).toBe(text)))
})

test("no id's patterns match another id's subjects", () => {
  const { roomEvent, userEvent, roomPresence } = subjectsOf('root')
  const patterns = (text: string) => [roomEvent(text, '*'), userEvent(text, '*'), roomPresence(text)]
  const subjects = (text: string) => [
    roomEvent(text, 'message'),
    userEvent(text, 'joined'),
    roomPresence(text),
  ]
  const heard = (a: string, b: string) =>
    patterns(a).flatMap((pattern) => subjects(b).filter((subject) => matches(pattern, subject)))
  fc.assert(
    fc.property(id, id, (a, b) => expect(heard(a, b)).toEqual(a === b ? subjects(a) : [])),
    { numRuns: 500 },
  )
  for (const a of ['*', '>', 'a.*', 'a.>', '', 'a.b']) expect(heard(a, 'a')).toEqual([])
})

test('installations on one bus are separate, and a subject gives its kind', () => {
  const [one, other] = [subjectsOf('one'), subjectsOf('other')]
  expect(matches(one.everyRoom('message'), other.roomEvent('r', 'message'))).toBe(false)
  expect(matches(one.everyRoom('message'), one.roomEvent('a.b', 'message'))).toBe(true)
  fc.assert(fc.property(id, (text) => expect(kindOf(one.userEvent(text, 'cursor'))).toBe('cursor')))
})
