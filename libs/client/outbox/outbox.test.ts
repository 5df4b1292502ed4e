import 'fake-indexeddb/auto'
import { beforeEach, expect, test } from '@jest/globals'
import type { Chat } from '../connect.ts'
import { indexedDbStore } from '../stores/indexed-db-store.ts'
import { memoryStore } from '../stores/memory-store.ts'
import type { ClientStore } from '../stores/store.ts'
import { type Asked, fail, message, ok } from '../testing/fake-server.ts'
import { useFakeServer } from '../testing/testing.ts'
import type { QueuedDraft } from './outbox.ts'

const { server, offlineClient } = useFakeServer()
let store: ClientStore

type Sent = { roomId: string; syncKey: string; data: { content: { text: string } } }
const inputs = () =>
  server()
    .asked('sendMessage')
    .map(({ input }: Asked) => input as Sent)
const sent = () => inputs().map(({ syncKey, data }) => [syncKey, data.content.text])
const stored = ({ roomId }: Sent) => ok({ result: true, message: message(roomId, 1) })
const refused = () => fail('USER_IS_MUTED', { retryable: false, message: 'You are muted' })

/** An address without a server. */
const nowhere = 'ws://127.0.0.1:1'
const queue = async (chat: Chat) =>
  (await chat.outbox.list()).map(({ syncKey, failure }) => [syncKey, failure?.code])
const queued = (chat: Chat, condition: (drafts: QueuedDraft[]) => boolean) =>
  new Promise<void>((resolve) => {
    const look = (drafts: QueuedDraft[]) => {
      if (!condition(drafts)) return
      off()
      resolve()
    }
    const off = chat.outbox.onChange(look)
    void chat.outbox.list().then(look)
  })
const emptied = (chat: Chat) => queued(chat, (drafts) => drafts.length === 0)
/** Leaves drafts in the store, by a client that is closed before it can send them. */
const leftBehind = async (drafts: { roomId: string; text: string; syncKey: string }[]) => {
  const chat = offlineClient({ store, url: nowhere })
  for (const draft of drafts) chat.send(draft).catch(() => {})
  await queued(chat, (list) => list.length === drafts.length)
  chat.close()
}

beforeEach(() => {
  store = memoryStore()
  server().answer('sendMessage', stored)
})

test('a draft is stored before it is sent, and removed once it is acked', async () => {
  const atServer: unknown[] = []
  server().answer('sendMessage', async (input: Sent) => {
    atServer.push(...(await store.read('outbox', '')))
    return stored(input)
  })
  const chat = offlineClient({ store })
  await chat.send({ roomId: 'r1', text: 'hello', syncKey: 'k1', meta: { a: 1 } })
  expect(atServer).toMatchObject([
    { roomId: 'r1', text: 'hello', syncKey: 'k1', meta: { a: 1 }, failure: null },
  ])
  expect(await store.read('outbox', '')).toEqual([])
  expect(inputs()).toEqual([
    { roomId: 'r1', syncKey: 'k1', meta: { a: 1 }, data: { type: 'TEXT', content: { text: 'hello' } } },
  ])
})

test('a draft is not sent while it is being stored', async () => {
  server().answer('queryRooms', () => ok({ list: [], nextCursor: null }))
  const { promise: written, resolve: write } = Promise.withResolvers<void>()
  const slow: ClientStore = { read: store.read, write: (changes) => written.then(() => store.write(changes)) }
  const chat = offlineClient({ store: slow })
  await chat.ready
  const sendQueue = chat.send({ roomId: 'r1', text: 'hello' })
  await queued(chat, (drafts) => drafts.length === 1)
  await chat.ask('queryRooms', { keyword: 'asked and answered meanwhile' })
  expect(inputs()).toEqual([])
  write()
  await sendQueue
})

test('drafts from before a restart are sent first, in order and with the same syncKeys', async () => {
  const before = Array.from({ length: 12 }, (_, index) => ({
    roomId: 'r1',
    text: `${index}`,
    syncKey: `k${index}`,
  }))
  await leftBehind(before)
  const chat = offlineClient({ store })
  await chat.send({ roomId: 'r1', text: 'new', syncKey: 'k99' })
  expect(sent()).toEqual([...before.map(({ syncKey, text }) => [syncKey, text]), ['k99', 'new']])
  expect(await queue(chat)).toEqual([])
})

test('the order survives several restarts', async () => {
  await leftBehind([{ roomId: 'r1', text: 'first', syncKey: 'z' }])
  const between = offlineClient({ store, url: nowhere })
  between.send({ roomId: 'r1', text: 'second', syncKey: 'a' }).catch(() => {})
  await queued(between, (drafts) => drafts.length === 2)
  between.close()
  await emptied(offlineClient({ store }))
  expect(sent()).toEqual([
    ['z', 'first'],
    ['a', 'second'],
  ])
})

test('a draft whose ack was lost is sent again by the next client', async () => {
  server().answer('sendMessage', () => null)
  const first = offlineClient({ store })
  const sendQueue = first.send({ roomId: 'r1', text: 'hello', syncKey: 'k1' })
  await server().until(() => inputs().length === 1)
  first.close()
  await expect(sendQueue).rejects.toMatchObject({ code: 'CLOSED' })
  server().answer('sendMessage', stored)
  await emptied(offlineClient({ store }))
  expect(sent()).toEqual([
    ['k1', 'hello'],
    ['k1', 'hello'],
  ])
})

test('a client that is refused keeps its drafts', async () => {
  server().door.refuse = () => 'TOKEN_INVALID'
  const chat = offlineClient({ store })
  await expect(chat.send({ roomId: 'r1', text: 'hello', syncKey: 'k1' })).rejects.toMatchObject({
    code: 'TOKEN_INVALID',
  })
  expect(await queue(chat)).toEqual([['k1', undefined]])
  await expect(chat.send({ roomId: 'r1', text: 'more' })).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
  server().door.refuse = () => null
  await emptied(offlineClient({ store }))
  expect(sent()).toEqual([['k1', 'hello']])
})

test('a cancelled draft is never sent, and the others are', async () => {
  await leftBehind([{ roomId: 'r1', text: 'a', syncKey: 'a' }])
  const { url } = server()
  server().door.refuse = () => 'SERVICE_UNAVAILABLE'
  const chat = offlineClient({ store, url })
  const [b, c] = ['b', 'c'].map((key) => chat.send({ roomId: 'r1', text: key, syncKey: key }))
  await queued(chat, (drafts) => drafts.length === 3)
  expect(await chat.outbox.cancel({ roomId: 'r1', syncKey: 'a' })).toBe(true)
  expect(await chat.outbox.cancel({ roomId: 'r1', syncKey: 'b' })).toBe(true)
  expect(await chat.outbox.cancel({ roomId: 'r2', syncKey: 'c' })).toBe(false)
  await expect(b).rejects.toMatchObject({ code: 'CANCELLED' })
  server().door.refuse = () => null
  await c
  expect(sent()).toEqual([['c', 'c']])
  expect(await chat.outbox.cancel({ roomId: 'r1', syncKey: 'c' })).toBe(false)
  expect(await store.read('outbox', '')).toEqual([])
})

test('a refused draft stays in the queue with its failure until it is dismissed', async () => {
  server().answer('sendMessage', refused)
  const chat = offlineClient({ store })
  await expect(chat.send({ roomId: 'r1', text: 'hello', syncKey: 'k1' })).rejects.toMatchObject({
    code: 'USER_IS_MUTED',
  })
  const next = offlineClient({ store })
  expect(await next.outbox.list()).toMatchObject([
    { text: 'hello', failure: { code: 'USER_IS_MUTED', message: 'You are muted' } },
  ])
  expect(await next.outbox.cancel({ roomId: 'r1', syncKey: 'k1' })).toBe(true)
  expect(await store.read('outbox', '')).toEqual([])
  expect(inputs()).toHaveLength(1)
})

test('a refused draft of an earlier client is reported in the queue', async () => {
  await leftBehind([
    { roomId: 'r1', text: 'bad', syncKey: 'bad' },
    { roomId: 'r1', text: 'good', syncKey: 'good' },
  ])
  server().answer('sendMessage', (input: Sent) => (input.syncKey === 'bad' ? refused() : stored(input)))
  const chat = offlineClient({ store })
  await queued(chat, (drafts) => drafts.length === 1)
  expect(await queue(chat)).toEqual([['bad', 'USER_IS_MUTED']])
})

test('a refused draft can be sent again with its syncKey', async () => {
  server().answer('sendMessage', (input: Sent) => (inputs().length > 1 ? stored(input) : refused()))
  const chat = offlineClient({ store })
  const draft = { roomId: 'r1', text: 'hello', syncKey: 'k1' }
  await expect(chat.send(draft)).rejects.toMatchObject({ code: 'USER_IS_MUTED' })
  await chat.send(draft)
  expect(await store.read('outbox', '')).toEqual([])
})

test('the newest hundred refused drafts are kept', async () => {
  server().answer('sendMessage', refused)
  const chat = offlineClient({ store })
  const keys = Array.from({ length: 103 }, (_, index) => `k${index}`)
  await Promise.allSettled(keys.map((syncKey) => chat.send({ roomId: 'r1', text: 'hello', syncKey })))
  expect((await queue(chat)).map(([syncKey]) => syncKey)).toEqual(keys.slice(3))
  expect(await store.read('outbox', '')).toHaveLength(100)
})

test('drafts with the same syncKey are one message', async () => {
  await leftBehind([{ roomId: 'r1', text: 'hello', syncKey: 'k1' }])
  const chat = offlineClient({ store })
  const draft = { roomId: 'r1', text: 'hello', syncKey: 'k1' }
  await Promise.all([chat.send(draft), chat.send(draft), chat.send({ ...draft, roomId: 'r2' })])
  expect(
    inputs()
      .map(({ roomId, syncKey }) => [roomId, syncKey])
      .sort(),
  ).toEqual([
    ['r1', 'k1'],
    ['r2', 'k1'],
  ])
})

test('drafts of an earlier client count as waiting', async () => {
  await leftBehind([{ roomId: 'r1', text: 'hello', syncKey: 'k1' }])
  const chat = offlineClient({ store, url: nowhere, maxQueuedSends: 1 })
  await expect(chat.send({ roomId: 'r1', text: 'more' })).rejects.toMatchObject({ code: 'RATE_LIMITED' })
})

test('messages are sent even if the store fails', async () => {
  const broken: ClientStore = {
    read: async () => {
      throw new Error('no store')
    },
    write: async () => {
      throw new Error('no store')
    },
  }
  const errors: unknown[] = []
  const chat = offlineClient({ store: broken, onStoreError: (error) => errors.push(error) })
  await chat.send({ roomId: 'r1', text: 'hello' })
  expect(errors.length).toBeGreaterThan(0)
})

test('two users of one browser have separate queues', async () => {
  store = indexedDbStore({ name: 'ann' })
  await leftBehind([{ roomId: 'r1', text: 'from ann', syncKey: 'k1' }])
  const bob = offlineClient({ store: indexedDbStore({ name: 'bob' }) })
  expect(await queue(bob)).toEqual([])
  const ann = offlineClient({ store: indexedDbStore({ name: 'ann' }) })
  await emptied(ann)
  expect(sent()).toEqual([['k1', 'from ann']])
})
