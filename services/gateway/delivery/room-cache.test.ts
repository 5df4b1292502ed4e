import type { CachedRoom } from '@chat/contract'
import type { Bus } from '@chat/service'
import { expect, test } from '@jest/globals'
import { RoomCache } from './room-cache.ts'

const roomOf = (updatedAt: string) =>
  ({
    _id: 'r1',
    name: 'Room',
    joinUsers: [],
    lastMessage: null,
    lastSeq: 3,
    updatedAt,
  }) as unknown as CachedRoom

test('after an outage a room is out of date, but a former member is still sent its last view', () => {
  const cache = new RoomCache({} as Bus)
  cache.put(roomOf('2'))
  cache.pause()
  expect(cache.get('r1')).toBeUndefined()
  expect(cache.lastSeq('r1')).toBe(3)
  expect(cache.lastView('r1')).toMatchObject({ _id: 'r1', name: 'Room', removed: true })
})

test('what was cached before an outage is not merged into what is fetched after it', () => {
  const cache = new RoomCache({} as Bus)
  cache.put(roomOf('2'))
  expect(cache.put(roomOf('1')).updatedAt).toBe('2')
  cache.pause()
  expect(cache.put(roomOf('1')).updatedAt).toBe('1')
  expect(cache.get('r1')?.updatedAt).toBe('1')
})

const events = ['drop', 'forget', 'pause'] as const
test.each(events)('a room that was requested before a %s is not kept', async (event) => {
  const answer = Promise.withResolvers<{ rooms: CachedRoom[] }>()
  const cache = new RoomCache({ ask: () => answer.promise } as unknown as Bus)
  const fetching = cache.fetch([{ roomId: 'r1', since: 0 }])
  cache[event]('r1')
  answer.resolve({ rooms: [roomOf('2')] })
  expect(await fetching).toEqual(new Set(['r1']))
  expect(cache.get('r1')).toBeUndefined()
})
