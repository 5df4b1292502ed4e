import type { Message, Room } from '@chat/contract'
import { beforeEach, expect, test } from '@jest/globals'
import { memoryStore } from '../stores/memory-store.ts'
import { Cache } from './cache.ts'

// How caching of a room begins, with pages requested before and after, in any order of arrival.

let cache: Cache
beforeEach(async () => {
  cache = new Cache(memoryStore(), {})
  await cache.load()
})

const at = (seq: number, version = '1') => ({ roomId: 'r1', seq, updatedAt: version }) as Message
const held = async () => (await cache.messages('r1')).map(({ seq, updatedAt }) => [seq, updatedAt])
const mark = { roomId: 'r1', seq: 2, change: 5 }

test('a page that was requested before the change number was learned may be older, and is ignored', async () => {
  const [before, learned, after] = [cache.tick(), cache.tick(), cache.tick()]
  await cache.begin(mark, learned)
  expect(await cache.addPage('r1', [at(1), at(2)], before)).toBe(false)
  expect(await held()).toEqual([])
  expect(await cache.addPage('r1', [at(1), at(2)], after)).toBe(true)
  expect(await held()).toHaveLength(2)
})

test('a page that was requested before a later change number was learned is ignored, too', async () => {
  await cache.begin(mark, cache.tick())
  const before = cache.tick()
  await cache.advance('r1', { from: 5, to: 6 }, cache.tick())
  expect(await cache.addPage('r1', [at(1), at(2)], before)).toBe(false)
})

test('changes are counted without gaps', async () => {
  await cache.begin(mark, cache.tick())
  await cache.advance('r1', { from: 7, to: 9 }, cache.tick())
  expect(await cache.mark('r1')).toEqual(mark)
  await cache.advance('r1', { from: 4, to: 9 }, cache.tick())
  expect(await cache.mark('r1')).toEqual({ ...mark, change: 9 })
})

test('a room begins to be cached only once', async () => {
  await cache.begin(mark, cache.tick())
  expect(await cache.begin({ roomId: 'r1', seq: 9, change: 9 }, cache.tick())).toEqual(mark)
})

test('stored messages without a mark are not used', async () => {
  const store = memoryStore()
  await store.write([{ kind: 'messages', key: 'r1/0000000002', value: at(2, 'old') }])
  cache = new Cache(store, {})
  await cache.load()
  await cache.begin(mark, cache.tick())
  expect(await held()).toEqual([])
})

test('a change of a message that is not cached does not cache it', async () => {
  await cache.begin(mark, cache.tick())
  await cache.revise('r1', [at(1, '2')])
  await cache.addPage('r1', [at(2)], cache.tick())
  await cache.revise('r1', [at(1, '2'), at(2, '2')])
  expect(await held()).toEqual([[2, '2']])
})

test('a cached reply quotes the current text of a message, and nothing of a deleted or hidden one', async () => {
  const shown = { deleted: false, hidden: false }
  const said = (text: string, version: string, status = shown) =>
    ({ ...at(1, version), _id: 'm1', status, data: { content: { text } } }) as Message
  const reply = { ...at(2), _id: 'm2', replyTo: { messageId: 'm1', text: 'first' } } as Message
  const quote = async () => (await cache.messages('r1')).map(({ replyTo }) => replyTo?.text)[1]
  await cache.begin(mark, cache.tick())
  await cache.addPage('r1', [said('first', '1'), reply], cache.tick())
  await cache.revise('r1', [said('second', '2')])
  expect(await quote()).toBe('second')
  await cache.revise('r1', [said('', '3', { ...shown, hidden: true })])
  expect(await quote()).toBe('')
})

test('listeners are called for changes only', async () => {
  const heard: unknown[] = []
  const off = cache.onChange((change) => heard.push(change))
  await cache.putRooms([{ _id: 'r1', createdAt: '1', lastMessage: null } as Room], cache.tick())
  await cache.begin(mark, cache.tick())
  await cache.addPage('r1', [at(2)], cache.tick())
  await cache.add('r1', at(2))
  await cache.add('r1', at(9))
  off()
  await cache.drop('r1', cache.tick())
  expect(heard).toEqual([
    { roomId: 'r1', of: 'room' },
    { roomId: 'r1', of: 'messages' },
  ])
})
