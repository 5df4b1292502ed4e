import { expect, test } from '@jest/globals'
import { type OperationName, operations } from '../operations/operations.ts'
import { Fault } from './errors.ts'
import { parseInput } from './validate.ts'

/** Parsed as from the wire: `__proto__` is an own key there. */
const fromJson = (json: string) => JSON.parse(json) as Record<string, unknown>

function refused(name: OperationName, value: unknown) {
  try {
    parseInput(name, value)
  } catch (error) {
    return error instanceof Fault && error.code === 'INVALID_REQUEST'
  }
  return false
}

const send = (more: object = {}) => ({
  syncKey: 's',
  roomId: 'r',
  data: { type: 'TEXT', content: 'hello' },
  ...more,
})
const withMeta = (meta: unknown) => send({ meta })
const withText = (content: unknown) => send({ data: { type: 'TEXT', content } })

test('null counts as absent in optional fields, at any depth, and is refused in required ones', () => {
  expect(parseInput('sendMessage', send({ replyTo: null, meta: null }))).toEqual(send())
  expect(
    parseInput('updateRoomSetting', {
      roomId: 'r',
      updateData: { name: null, profileUrl: null, rules: { isFreezed: null, canShareMessage: true } },
    }),
  ).toEqual({ roomId: 'r', updateData: { rules: { canShareMessage: true } } })
  expect(parseInput('listenRooms', null)).toEqual({})
  expect(parseInput('listenRooms', undefined)).toEqual({})
  for (const field of ['syncKey', 'roomId', 'data'])
    expect(refused('sendMessage', send({ [field]: null }))).toBe(true)
  expect(refused('sendMessage', null)).toBe(true)
  expect(refused('joinRoom', null)).toBe(true)
})

test('unknown fields are dropped, at any depth and with any name', () => {
  const extra =
    '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"prototype":1,"toString":1'
  const parsed = parseInput(
    'sendMessage',
    fromJson(
      `{"syncKey":"s","roomId":"r","admin":true,${extra},` +
        `"data":{"type":"TEXT","author":"x",${extra},"content":{"text":"hello","html":"<b>",${extra}}}}`,
    ),
  )
  expect(parsed).toEqual(withText({ text: 'hello' }))
  for (const part of [parsed, parsed.data, parsed.data.content as object]) {
    expect(Object.getPrototypeOf(part)).toBe(Object.prototype)
    expect(Object.hasOwn(part, '__proto__')).toBe(false)
  }
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
  expect(parseInput('listenRooms', fromJson(`{${extra}}`))).toEqual({})
})

test('an inherited field does not count as given', () => {
  expect(refused('sendMessage', Object.create(send()))).toBe(true)
  expect(refused('sendMessage', fromJson('{"__proto__":{"syncKey":"s","roomId":"r"}}'))).toBe(true)
})

test.each(['"canDance":true', '"__proto__":{}', '"constructor":true'])('rules refuse %s', (extra) => {
  const rules = fromJson(`{"isFreezed":true,${extra}}`)
  expect(refused('updateRoomSetting', { roomId: 'r', updateData: { rules } })).toBe(true)
  expect(refused('createNewRoom', { users: ['u'], name: 'n', rules })).toBe(true)
})

/** Nested objects, `depth` in total. */
const nested = (depth: number): object => (depth === 1 ? {} : { in: nested(depth - 1) })
const metaOfBytes = (bytes: number, char = 'x') => ({
  text: char.repeat((bytes - '{"text":""}'.length) / Buffer.byteLength(char)),
})

test('free-form meta is kept unchanged, up to 4 KB and depth 5', () => {
  for (const meta of [
    { a: [1, { b: null }], constructor: 'kept', 'with.dot': true },
    nested(5),
    metaOfBytes(4096),
  ]) {
    expect(parseInput('sendMessage', withMeta(meta)).meta).toEqual(meta)
  }
  expect(refused('sendMessage', withMeta(metaOfBytes(4097)))).toBe(true)
  // The 4 KB limit counts bytes, not characters.
  expect(refused('sendMessage', withMeta(metaOfBytes(4099 + 3, '한')))).toBe(true)
  expect(refused('sendMessage', withMeta(nested(6)))).toBe(true)
  expect(refused('sendMessage', withMeta({ a: [[[[[]]]]] }))).toBe(true)
})

test.each([
  '[]',
  '"text"',
  '5',
  '{"__proto__":{}}',
  '{"a":[{"__proto__":1}]}',
  '{"$where":1}',
  '{"a":{"$gt":""}}',
  '{"a\\u0000b":1}',
  '{"a":"\\ud800"}',
  '{"\\udfff":1}',
])('meta %s is refused', (json) => {
  expect(refused('sendMessage', withMeta(JSON.parse(json)))).toBe(true)
})

test('meta nested 50,000 deep is refused without recursion', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)
  expect(refused('sendMessage', withMeta(deep))).toBe(true)
  expect(refused('joinRoom', deep)).toBe(true)
})

test('lone surrogates are refused in every string', () => {
  for (const lone of ['\ud83d', '\ude42', 'a\ud800b', '\ude42\ud83d']) {
    expect(refused('joinRoom', lone)).toBe(true)
    expect(refused('sendMessage', withText(lone))).toBe(true)
    expect(refused('sendMessage', withText({ text: lone }))).toBe(true)
    expect(refused('sendMessage', send({ syncKey: lone }))).toBe(true)
    expect(refused('createNewRoom', { users: [lone], name: 'n' })).toBe(true)
    expect(refused('createNewRoom', { users: ['u'], name: lone })).toBe(true)
    expect(refused('queryRooms', { keyword: lone })).toBe(true)
  }
  expect(refused('joinRoom', '\ud83d\ude42')).toBe(false)
})

test('lengths count UTF-16 units', () => {
  const room = (name: string, user = 'u') => ({ users: [user], name })
  expect(refused('createNewRoom', room('🙂'.repeat(50)))).toBe(false)
  expect(refused('createNewRoom', room(`${'🙂'.repeat(50)}x`))).toBe(true)
  expect(refused('createNewRoom', room('한'.repeat(100)))).toBe(false)
  expect(refused('createNewRoom', room('한'.repeat(101)))).toBe(true)
  expect(refused('createNewRoom', room(''))).toBe(true)
  expect(refused('createNewRoom', room('n', 'x'.repeat(128)))).toBe(false)
  expect(refused('createNewRoom', room('n', '🙂'.repeat(64)))).toBe(false)
  expect(refused('createNewRoom', room('n', `${'🙂'.repeat(64)}x`))).toBe(true)
  expect(refused('sendMessage', send({ syncKey: 'x'.repeat(128) }))).toBe(false)
  expect(refused('sendMessage', send({ syncKey: 'x'.repeat(129) }))).toBe(true)
})

test('user ids may have any characters except control characters', () => {
  const user = (id: string) => refused('createNewRoom', { users: [id], name: 'n' })
  for (const id of ['a.b', '*', '>', 'a b', '🙂', '__proto__', '$ne', 'a/b', 'ㅎ', '\u200b', ' '])
    expect(user(id)).toBe(false)
  for (const id of ['', '\u0000', 'a\nb', 'a\n', '\r', '\u001f', '\u007f', '\u0085', 'a\u009f'])
    expect(user(id)).toBe(true)
})

test('every operation with object input refuses other types', () => {
  for (const [name, { input }] of Object.entries(operations)) {
    if (!('properties' in input)) continue
    for (const value of ['text', 5, true, [], [{}]]) expect(refused(name as OperationName, value)).toBe(true)
  }
})
