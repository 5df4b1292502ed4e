import { readFile } from 'node:fs/promises'
import { errors, operationNames, rowOf } from '@chat/contract'
import { expect, test } from '@jest/globals'
import { roomServerEvents, serverEvents, uploadServerEvents } from '../libs/contract/wire/server-events.ts'
import { routes } from '../services/platform-api/routes/routes.ts'

// docs/protocol.md documents exactly what the contract has.

const text = await readFile('docs/protocol.md', 'utf8')
const section = (title: string) => text.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
const rowsOf = (title: string) =>
  [...section(title).matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) => row.split(/\s*(?<!\\)\|\s*/))
const codes = (cell = '') => [...cell.matchAll(/`(\w+)`/g)].map(([, code = '']) => code)
const nameIn = (cell = '') => /^`([^`]+)`$/.exec(cell)?.[1] ?? ''

test('every client event is documented with its error codes', () => {
  const expected = operationNames.flatMap((name) => {
    const { event, errors } = rowOf(name)
    return event === undefined ? [] : [[event, [...errors]] as const]
  })
  const rows = rowsOf('Client events').filter(([first]) => nameIn(first) !== '')
  const documented = Object.fromEntries(rows.map(([name, , , cell]) => [nameIn(name), codes(cell)]))
  expect(documented).toEqual(Object.fromEntries(expected))
})

test('every server event is documented', () => {
  const expected = [
    ...Object.keys(serverEvents),
    ...Object.keys(roomServerEvents).map((name) => `${name}_<roomId>`),
    ...Object.keys(uploadServerEvents).map((name) => `${name}_<syncKey>`),
  ]
  const names = rowsOf('Server events').map(([name]) => nameIn(name))
  expect(names.filter(Boolean).toSorted()).toEqual(expected.toSorted())
})

test('every error code is documented with its status, whether it is retryable, and its message', () => {
  const rows = rowsOf('Error codes').filter(([first]) => nameIn(first) !== '')
  const documented = rows.map(([name, http, retryable, meaning]) => [
    nameIn(name),
    { http: Number(http), retryable: retryable === 'yes', text: meaning },
  ])
  expect(Object.fromEntries(documented)).toEqual(errors)
})

test('every route is documented with its status', () => {
  const expected = routes.map(({ method, path, status = 200, isOriginal }) =>
    isOriginal ? `${method.toUpperCase()} ${path}` : `${method.toUpperCase()} ${path} ${status}`,
  )
  const rows = rowsOf('Platform API').filter(([first]) => /^`[A-Z]+ \//.test(first ?? ''))
  const tabled = rows.map(([name, status]) => `${nameIn(name)} ${status || 200}`)
  const originals = [...section('Platform API').matchAll(/^- `(POST \/chat\/\w+)`/gm)].map(([, name]) => name)
  expect([...tabled, ...originals].toSorted()).toEqual(expected.toSorted())
})

test('every client event is documented at the rate that it counts against', () => {
  const rates = { message: 'messagesPerSecond', read: 'readsPerSecond', none: 'none' } as const
  const rows = rowsOf('Limits')
  for (const [kind, label] of Object.entries(rates)) {
    const row = rows.find(([first]) => first?.includes(label))
    const expected = operationNames
      .map(rowOf)
      .filter(({ event, rate }) => event !== undefined && rate === kind)
    const named = codes(row?.[1]).filter((name) => name !== 'uploadsAtOnce')
    expect(named.toSorted()).toEqual(expected.map(({ event }) => event).toSorted())
  }
})
