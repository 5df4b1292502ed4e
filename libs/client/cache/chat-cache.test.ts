import 'fake-indexeddb/auto'
import type { Message } from '@chat/contract'
import { beforeEach, expect, test } from '@jest/globals'
import type { OfflineChat } from '../connect.ts'
import type { AskInput } from '../connection/requests.ts'
import { indexedDbStore } from '../stores/indexed-db-store.ts'
import { memoryStore } from '../stores/memory-store.ts'
import type { ClientStore } from '../stores/store.ts'
import { fakeRooms } from '../testing/fake-rooms.ts'
import { type Asked, fail } from '../testing/fake-server.ts'
import { reached, shown, shownTexts, textsOf, useFakeServer } from '../testing/testing.ts'

const { server, client, offlineClient } = useFakeServer()
const rooms = fakeRooms(server)
let store: ClientStore

beforeEach(() => {
  for (const roomId of ['r1', 'r2', 'r3', 'r4', 'new']) rooms.close(roomId)
  Object.assign(rooms.limits, { page: 100, rooms: 100 })
  rooms.data.epoch = 'first'
  rooms.serve()
  store = memoryStore()
})

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`)
const ids = async (chat: OfflineChat) => (await chat.cache.rooms()).map((room) => room._id)
const listed = (chat: OfflineChat, expected: string[]) =>
  shown(chat, async () => (await ids(chat)).join() === expected.join())
const read = (chat: OfflineChat, roomId: string) => chat.ask('listenMessagesByRoom', { roomId, count: 50 })
const syncs = () =>
  server()
    .asked('syncMessages')
    .map(({ input }: Asked) => input as AskInput<'syncMessages'>)
/** Opens and reads the room, like an app that shows it. */
const look = async (chat: OfflineChat, roomId: string) => {
  const open = await chat.openRoom(roomId, { onMessage: () => {} })
  await read(chat, roomId)
  return open
}
/** Makes the client open and close the rooms, then lose its connection. */
const away = async (chat: OfflineChat, ...roomIds: string[]) => {
  for (const roomId of roomIds) await (await look(chat, roomId)).close()
  for (const roomId of roomIds)
    await shownTexts(
      chat,
      roomId,
      rooms.messages(roomId).map((message) => message.data.content.text as string),
    )
  server().door.refuse = () => 'SERVICE_UNAVAILABLE'
  const lost = reached(chat, 'reconnecting')
  server().cut()
  await lost
}
const back = () => {
  server().door.refuse = () => null
}

test('without a store there is no cache and no request', async () => {
  const chat = client()
  await chat.openRoom('r1', { onMessage: () => {} }).catch(() => {})
  expect('cache' in chat).toBe(false)
  expect(server().asked('listenRooms')).toEqual([])
})

test.each([
  ['memory', memoryStore],
  ['IndexedDB', () => indexedDbStore({ name: 'ann' })],
])('after a restart rooms and messages are available offline, from %s', async (_, open) => {
  rooms.open('r1', 3)
  rooms.open('r2', 1)
  const kept = open()
  const first = offlineClient({ store: kept })
  await look(first, 'r1')
  await shownTexts(first, 'r1', ['1', '2', '3'])
  await listed(first, ['r2', 'r1'])
  first.close()

  const second = offlineClient({ store: kept, url: 'ws://127.0.0.1:1' })
  expect(await ids(second)).toEqual(['r2', 'r1'])
  expect(await textsOf(second, 'r1')).toEqual(['1', '2', '3'])
  expect(await textsOf(second, 'r2')).toEqual([])
})

test('new messages and changes of an open room are cached', async () => {
  rooms.open('r1', 2)
  const chat = offlineClient({ store })
  await look(chat, 'r1')
  rooms.tell('r1', 'listenMessage', rooms.add('r1', '3'))
  rooms.tell('r1', 'updateMessage', rooms.change('r1', 1, 'edited'))
  await shownTexts(chat, 'r1', ['edited', '2', '3'])
  expect(syncs()).toEqual([])
})

test('an older state that arrives late changes nothing', async () => {
  rooms.open('r1', 2)
  const chat = offlineClient({ store })
  await look(chat, 'r1')
  const older = rooms.change('r1', 1, 'older')
  rooms.tell('r1', 'updateMessage', rooms.change('r1', 1, 'newer'))
  rooms.tell('r1', 'updateMessage', older)
  rooms.tell('r1', 'updateMessage', rooms.change('r1', 2, 'last'))
  await shownTexts(chat, 'r1', ['newer', 'last'])
})

test('older pages are cached up to the maximum', async () => {
  rooms.open('r1', 9)
  const chat = offlineClient({ store, maxCachedMessages: 6 })
  await chat.openRoom('r1', { onMessage: () => {} })
  await chat.ask('listenMessagesByRoom', { roomId: 'r1', count: 2 })
  await chat.ask('listenMessagesByRoom', { roomId: 'r1', count: 2, lastMessageId: 'r1-8' })
  await shownTexts(chat, 'r1', numbers(6, 9))
  await chat.ask('listenMessagesByRoom', { roomId: 'r1', count: 5, lastMessageId: 'r1-6' })
  await shownTexts(chat, 'r1', numbers(4, 9))
  rooms.tell('r1', 'listenMessage', rooms.add('r1', '10'))
  await shownTexts(chat, 'r1', numbers(5, 10))
})

test('a room that was only read is cached, too', async () => {
  rooms.open('r1', 3)
  const chat = offlineClient({ store })
  await read(chat, 'r1')
  await shownTexts(chat, 'r1', ['1', '2', '3'])
  rooms.tell('r1', 'listenMessage', rooms.add('r1', '4'))
  await shownTexts(chat, 'r1', ['1', '2', '3', '4'])
})

test('the next message of a closed room is cached from the room’s update', async () => {
  rooms.open('r1', 2)
  const chat = offlineClient({ store })
  await (await look(chat, 'r1')).close()
  rooms.tell('r1', 'listenMessage', rooms.add('r1', '3'))
  await shownTexts(chat, 'r1', ['1', '2', '3'])
  expect(syncs()).toEqual([])
  rooms.add('r1', '4')
  rooms.tell('r1', 'listenMessage', rooms.add('r1', '5'))
  await shownTexts(chat, 'r1', numbers(1, 5))
  expect(syncs()).toMatchObject([{ roomId: 'r1', afterSeq: 3 }])
})

test('a last message that is emptied in a closed room is emptied in the cache', async () => {
  rooms.open('r1', 2)
  const chat = offlineClient({ store })
  await (await look(chat, 'r1')).close()
  rooms.tell('r1', 'updateMessage', rooms.change('r1', 2, ''))
  await shownTexts(chat, 'r1', ['1', ''])
})

test('a message that the user deletes in a closed room is emptied in the cache', async () => {
  rooms.open('r1', 2)
  server().answer('deleteMessage', () => {
    rooms.change('r1', 1, '')
    return { success: true, error: null, data: { result: true } }
  })
  const chat = offlineClient({ store })
  await (await look(chat, 'r1')).close()
  await chat.ask('deleteMessage', { roomId: 'r1', messageId: 'r1-1' })
  await shownTexts(chat, 'r1', ['', '2'])
})

test('after a reconnect only cached rooms are synced, newest activity first', async () => {
  for (const roomId of ['r1', 'r2', 'r3']) rooms.open(roomId, 2)
  const chat = offlineClient({ store })
  await away(chat, 'r1', 'r2')
  rooms.change('r2', 1, 'edited')
  rooms.add('r2', '3')
  rooms.change('r1', 2, '')
  rooms.add('r1', '3')
  rooms.add('r3', '3')
  back()
  await shownTexts(chat, 'r1', ['1', '', '3'])
  await shownTexts(chat, 'r2', ['edited', '2', '3'])
  await listed(chat, ['r3', 'r1', 'r2'])
  await server().until(() => syncs().length === 4)
  expect(syncs()).toMatchObject([
    { roomId: 'r1', afterSeq: 2, afterChange: 0 },
    { roomId: 'r1', afterSeq: 3, afterChange: 1 },
    { roomId: 'r2', afterSeq: 2, afterChange: 0 },
    { roomId: 'r2', afterSeq: 3, afterChange: 1 },
  ])
})

test('a room without news needs one request', async () => {
  rooms.open('r1', 2)
  rooms.open('r2', 2)
  const chat = offlineClient({ store })
  await away(chat, 'r1', 'r2')
  back()
  await server().until(() => syncs().length === 2)
  expect(syncs().map(({ roomId }) => roomId)).toEqual(['r2', 'r1'])
})

test('sync requests pages until the room is complete', async () => {
  rooms.open('r1', 2)
  const chat = offlineClient({ store })
  await away(chat, 'r1')
  rooms.limits.page = 2
  for (const seq of [3, 4, 5, 6, 7]) rooms.add('r1', `${seq}`)
  for (const seq of [1, 2, 3, 4, 5]) rooms.change('r1', seq, `edited ${seq}`)
  back()
  await shownTexts(chat, 'r1', [...[1, 2, 3, 4, 5].map((seq) => `edited ${seq}`), '6', '7'])
})

test('a room that lags by more than the cache holds starts again with its newest page', async () => {
  rooms.open('r1', 3)
  const chat = offlineClient({ store, maxCachedMessages: 5 })
  await away(chat, 'r1')
  for (let seq = 4; seq <= 20; seq++) rooms.add('r1', `${seq}`)
  back()
  await shownTexts(chat, 'r1', numbers(16, 20))
  expect(syncs()).toEqual([{ roomId: 'r1', afterSeq: 20, limit: 1 }])
  rooms.tell('r1', 'updateMessage', rooms.change('r1', 20, 'edited'))
  await shownTexts(chat, 'r1', [...numbers(16, 19), 'edited'])
})

test('a room that the server restored from a backup starts again', async () => {
  rooms.open('r1', 5)
  const chat = offlineClient({ store })
  await away(chat, 'r1')
  rooms.restore('r1', 2)
  rooms.add('r1', 'other 3')
  back()
  await shownTexts(chat, 'r1', ['1', '2', 'other 3'])
})

test('a room whose changes the server restored from a backup starts again, too', async () => {
  rooms.open('r1', 2)
  const [original] = rooms.messages('r1')
  rooms.change('r1', 1, 'edited')
  const chat = offlineClient({ store })
  await away(chat, 'r1')
  rooms.restore('r1', 2)
  rooms.messages('r1')[0] = original as Message
  back()
  await shownTexts(chat, 'r1', ['1', '2'])
})

/** The server has the first `kept` messages of a backup, and as many as before by now. */
function restoreAndWrite(roomId: string, kept: number) {
  const texts = rooms.messages(roomId).map(({ data }) => data.content.text)
  rooms.restore(roomId, kept)
  rooms.data.epoch = 'second'
  return [...texts.slice(0, kept), ...texts.slice(kept).map((text) => `other ${text}`), 'newest'].map(
    (text, index) => {
      if (index >= kept) rooms.add(roomId, text as string)
      return text as string
    },
  )
}

test('a room of a restored backup starts again, though it has grown beyond what is cached', async () => {
  rooms.open('r1', 8)
  const chat = offlineClient({ store })
  await away(chat, 'r1')
  const expected = restoreAndWrite('r1', 5)
  back()
  await shownTexts(chat, 'r1', expected)
  expect(syncs().map(({ epoch }) => epoch)).toContain('first')
  expect(await store.read('marks', '')).toEqual([{ roomId: 'r1', seq: 9, change: 0, epoch: 'second' }])
})

test('an app that starts again after a restore does not believe its cache either', async () => {
  rooms.open('r1', 8)
  const before = offlineClient({ store })
  await away(before, 'r1')
  before.close()
  const expected = restoreAndWrite('r1', 5)
  back()
  const chat = offlineClient({ store })
  await chat.openRoom('r1', { onMessage: () => {} })
  await shownTexts(chat, 'r1', expected)
})

test('a cache without an epoch is believed once', async () => {
  rooms.open('r1', 4)
  rooms.data.epoch = undefined
  const chat = offlineClient({ store })
  await away(chat, 'r1')
  expect(await store.read('marks', '')).toEqual([{ roomId: 'r1', seq: 4, change: 0 }])
  rooms.data.epoch = 'first'
  rooms.add('r1', '5')
  const before = server().asked('listenMessagesByRoom').length
  back()
  await shownTexts(chat, 'r1', numbers(1, 5))
  expect(server().asked('listenMessagesByRoom')).toHaveLength(before)
  expect(await store.read('marks', '')).toEqual([{ roomId: 'r1', seq: 5, change: 0, epoch: 'first' }])
})

test('rooms that the user is no longer in are dropped with their messages', async () => {
  for (const roomId of ['r1', 'r2', 'r3']) rooms.open(roomId, 2)
  const chat = offlineClient({ store })
  await away(chat, 'r1', 'r2')
  rooms.close('r1')
  rooms.close('r3')
  back()
  await listed(chat, ['r2'])
  expect(await textsOf(chat, 'r1')).toEqual([])
  server().clients.emit('listenRoom', { ...rooms.view('r2'), lastMessage: null, removed: true })
  await listed(chat, [])
  expect(await textsOf(chat, 'r2')).toEqual([])
  for (const kind of ['rooms', 'messages', 'marks'] as const) expect(await store.read(kind, '')).toEqual([])
})

test('a room that is refused during its sync is dropped', async () => {
  for (const roomId of ['r1', 'r2']) rooms.open(roomId, 2)
  const chat = offlineClient({ store })
  await away(chat, 'r1', 'r2')
  rooms.add('r1', '3')
  server().answer('syncMessages', (input: { roomId: string; afterSeq: number }) =>
    input.roomId === 'r2' ? fail('ROOM_NO_EXISTS', { retryable: false }) : rooms.answers.syncMessages(input),
  )
  back()
  await listed(chat, ['r1'])
  await shownTexts(chat, 'r1', ['1', '2', '3'])
})

test('a room that is missing in the paged list is looked up before it is dropped', async () => {
  for (const roomId of ['r1', 'r2']) rooms.open(roomId, 2)
  const chat = offlineClient({ store })
  await away(chat, 'r1', 'r2')
  server().answer('listenRooms', () => ({
    success: true,
    error: null,
    data: { list: [rooms.view('r2')], nextCursor: null },
  }))
  rooms.add('r1', '3')
  back()
  await shownTexts(chat, 'r1', ['1', '2', '3'])
  expect(await ids(chat)).toContain('r1')
})

test('the list of rooms is read in pages, and cached up to the maximum', async () => {
  for (const roomId of ['r1', 'r2', 'r3', 'r4']) rooms.open(roomId, 1)
  rooms.limits.rooms = 1
  const chat = offlineClient({ store, maxCachedRooms: 3 })
  await listed(chat, ['r4', 'r3', 'r2'])
  await away(chat, 'r4')
  const before = server().asked('listenRooms').length
  back()
  await server().until(() => syncs().length === 1)
  expect(server().asked('listenRooms')).toHaveLength(before + 3)
  rooms.tell('r1', 'listenMessage', rooms.add('r1', '2'))
  await listed(chat, ['r1', 'r4', 'r3'])
  expect(await store.read('rooms', '')).toHaveLength(3)
})

test('a list that is older than an event does not undo the event', async () => {
  for (const roomId of ['r1', 'r2']) rooms.open(roomId, 1)
  server().answer('listenRooms', (input: never, socket) => {
    const older = rooms.answers.listenRooms(input)
    socket.emit('updateRoomLastMessage', { ...rooms.view('r1'), name: 'renamed' })
    socket.emit('listenRoom', { ...rooms.view('r2'), removed: true })
    socket.emit('listenRoom', { ...rooms.view('r1'), _id: 'new', name: 'new' })
    return older
  })
  const chat = offlineClient({ store })
  await shown(chat, async () => (await chat.cache.rooms()).length === 2)
  const known = async () => (await chat.cache.rooms()).map((room) => room.name).sort()
  expect(await known()).toEqual(['new', 'renamed'])
  // At the next connect the room is looked up; by then everything from the first is handled.
  rooms.serve()
  rooms.close('r2')
  server().cut()
  await listed(chat, ['r1'])
})

test('sync slows down after ten rooms, to leave most of the read limit to the app', async () => {
  const many = numbers(1, 12).map((number) => `many ${number}`)
  for (const roomId of many) rooms.open(roomId, 1)
  const chat = offlineClient({ store })
  await away(chat, ...many)
  back()
  await server().until(() => syncs().length === 12)
  const times = server()
    .asked('syncMessages')
    .map(({ at }) => at)
  expect((times[10] as number) - (times[9] as number)).toBeGreaterThan(480)
  expect((times[11] as number) - (times[10] as number)).toBeGreaterThan(480)
  for (const roomId of many) rooms.close(roomId)
})

test('a lost connection ends the sync, and the next connection starts it again', async () => {
  for (const roomId of ['r1', 'r2']) rooms.open(roomId, 1)
  const chat = offlineClient({ store })
  await away(chat, 'r1', 'r2')
  rooms.add('r1', '2')
  rooms.add('r2', '2')
  server().answer('syncMessages', () => null)
  back()
  await server().until(() => syncs().length === 1)
  rooms.serve()
  server().cut()
  await shownTexts(chat, 'r1', ['1', '2'])
  await shownTexts(chat, 'r2', ['1', '2'])
  const [first, ...others] = syncs().map(({ roomId }) => roomId)
  expect([first, [...new Set(others)]]).toEqual(['r2', ['r2', 'r1']])
  const [lists, asks] = [server().asked('listenRooms'), server().asked('syncMessages')]
  expect(lists.filter(({ at }) => at < (asks[1]?.at as number))).toHaveLength(3)
})

test('a rate-limited sync is retried until it succeeds', async () => {
  rooms.open('r1', 1)
  const chat = offlineClient({ store })
  await away(chat, 'r1')
  rooms.add('r1', '2')
  server().answer('syncMessages', (input: { roomId: string; afterSeq: number }) =>
    syncs().length < 4
      ? fail('RATE_LIMITED', { retryable: true, retryAfterMs: 5 })
      : rooms.answers.syncMessages(input),
  )
  back()
  await shownTexts(chat, 'r1', ['1', '2'])
})

test('a room that the server fails to read does not stop the sync of others', async () => {
  for (const roomId of ['r1', 'r2']) rooms.open(roomId, 1)
  const chat = offlineClient({ store })
  await away(chat, 'r1', 'r2')
  rooms.add('r1', '2')
  rooms.add('r2', '2')
  server().answer('syncMessages', (input: { roomId: string; afterSeq: number }) =>
    input.roomId === 'r2' ? fail('INTERNAL', { retryable: false }) : rooms.answers.syncMessages(input),
  )
  back()
  await shownTexts(chat, 'r1', ['1', '2'])
  expect(await ids(chat)).toEqual(['r2', 'r1'])
})

test("the user's message is in the cache when its send resolves", async () => {
  rooms.open('r1', 1)
  const chat = offlineClient({ store })
  await (await look(chat, 'r1')).close()
  await chat.send({ roomId: 'r1', text: 'mine' })
  expect(await textsOf(chat, 'r1')).toEqual(['1', 'mine'])
})

test('a failing store is reported, and the chat continues', async () => {
  rooms.open('r1', 1)
  const broken: ClientStore = {
    read: async () => [],
    write: async () => {
      throw new Error('disk full')
    },
  }
  const errors: unknown[] = []
  const chat = offlineClient({ store: broken, onStoreError: (error) => errors.push(error) })
  const heard: Message[] = []
  await chat.openRoom('r1', { onMessage: (message) => heard.push(message) })
  expect((await read(chat, 'r1')).list).toHaveLength(1)
  await chat.send({ roomId: 'r1', text: 'hello' })
  expect(errors).toContainEqual(new Error('disk full'))
})
