import 'fake-indexeddb/auto'
import { describe, expect, test } from '@jest/globals'
import { indexedDbStore } from './indexed-db-store.ts'
import { memoryStore } from './memory-store.ts'
import { draftKey, messageKey, messagesPrefix } from './store.ts'

let made = 0
const name = () => `user-${++made}`

describe.each([
  ['in memory', () => memoryStore()],
  ['in IndexedDB', () => indexedDbStore({ name: name() })],
])('a store %s', (_, open) => {
  test('returns the values of a prefix in the order of their keys', async () => {
    const store = open()
    await store.write([
      { kind: 'messages', key: 'b/2', value: { at: 2 } },
      { kind: 'messages', key: 'a/1', value: { at: 0 } },
      { kind: 'messages', key: 'b/1', value: { at: 1 } },
      { kind: 'messages', key: 'c', value: { at: 3 } },
      { kind: 'rooms', key: 'b/3', value: { at: 9 } },
    ])
    expect(await store.read('messages', 'b/')).toEqual([{ at: 1 }, { at: 2 }])
    expect(await store.read('messages', '')).toEqual([{ at: 0 }, { at: 1 }, { at: 2 }, { at: 3 }])
    expect(await store.read('outbox', '')).toEqual([])
  })

  test('replaces values with the same key, and removes a key with null', async () => {
    const store = open()
    await store.write([
      { kind: 'marks', key: 'a', value: { seq: 1 } },
      { kind: 'marks', key: 'b', value: { seq: 1 } },
    ])
    await store.write([
      { kind: 'marks', key: 'a', value: { seq: 2 } },
      { kind: 'marks', key: 'b', value: null },
      { kind: 'marks', key: 'none', value: null },
    ])
    expect(await store.read('marks', '')).toEqual([{ seq: 2 }])
  })

  test('writes in the order of the calls, even if they are not awaited', async () => {
    const store = open()
    const writes = [1, 2, 3].map((seq) => store.write([{ kind: 'marks', key: 'a', value: { seq } }]))
    expect(await store.read('marks', '')).toEqual([{ seq: 3 }])
    await Promise.all(writes)
  })

  test('writes all or nothing', async () => {
    const store = open()
    const writing = store.write([
      { kind: 'marks', key: 'a', value: { seq: 1 } },
      { kind: 'rooms', key: 'a', value: () => 'not plain data' },
    ])
    await expect(writing).rejects.toThrow()
    expect(await store.read('marks', '')).toEqual([])
  })

  test('keeps a written value even if the object changes later', async () => {
    const store = open()
    const value = { seq: 1 }
    await store.write([{ kind: 'marks', key: 'a', value }])
    value.seq = 2
    const [read] = (await store.read('marks', '')) as [{ seq: number }]
    read.seq = 3
    expect(await store.read('marks', '')).toEqual([{ seq: 1 }])
  })

  test('accepts an empty write', async () => {
    await open().write([])
  })
})

test('IndexedDB keeps data by the store’s name', async () => {
  const [ann, bob] = [name(), name()]
  const first = indexedDbStore({ name: ann })
  await first.write([{ kind: 'outbox', key: '1', value: { text: 'later' } }])
  await first.close()
  expect(await indexedDbStore({ name: ann }).read('outbox', '')).toEqual([{ text: 'later' }])
  expect(await indexedDbStore({ name: bob }).read('outbox', '')).toEqual([])
})

test('a closed IndexedDB store opens again', async () => {
  const store = indexedDbStore({ name: name() })
  await store.close()
  await store.write([{ kind: 'marks', key: 'a', value: { seq: 1 } }])
  await store.close()
  expect(await store.read('marks', '')).toEqual([{ seq: 1 }])
})

test('an open store does not block another tab from deleting the database', async () => {
  const user = name()
  const store = indexedDbStore({ name: user })
  await store.write([{ kind: 'marks', key: 'a', value: { seq: 1 } }])
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`chat:${user}`)
    request.onsuccess = resolve
    request.onblocked = reject
  })
  expect(await store.read('marks', '')).toEqual([])
})

test('no key of one room begins with another’s prefix, and seqs sort as numbers', () => {
  expect(messageKey('a/b', 1).startsWith(messagesPrefix('a'))).toBe(false)
  expect(messageKey('a', 9) < messageKey('a', 10)).toBe(true)
  expect(draftKey(9, 'z') < draftKey(10, 'a\ud800')).toBe(true)
})
