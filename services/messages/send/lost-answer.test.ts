import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Message, Room } from '@chat/contract'
import { type Engines, startEngines } from '@chat/engines'
import { databaseOf, ensureIndexes, openMongo } from '@chat/service'
import {
  connectAs,
  eventually,
  openWire,
  type PlainClient,
  startTestStack,
  type TestStack,
  type Wire,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { MessageDoc } from './message-doc.ts'
import { MessageStore } from './message-store.ts'

// MongoDB stores messages and is killed before it answers. The driver sends the insert again, to a server that may
// have forgotten that this is a repeat.

let folder: string
let engines: Engines
let wire: Wire
let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-lost-answer-'))
  engines = await startEngines({ dataDir: folder, env: process.env, log: () => {}, only: ['mongo'] })
  wire = await openWire(engines.urls.mongoUrl)
  const natsUrl = process.env.CHAT_TEST_NATS_URL as string
  stack = await startTestStack({ engines: { natsUrl, mongoUrl: wire.through } })
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
  room = await ann.get<Room>('createNewRoom', { users: ['ben'], name: 'Lost answers' })
  await ben.get('joinRoom', room._id)
})
afterAll(async () => {
  for (const client of [ann, ben]) client?.close()
  await stack?.close()
  await wire?.close()
  await engines?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Kills MongoDB, and lets services reach it again when it is back. */
async function restartMongo() {
  const killed = engines.pids().mongo as number
  wire.cut()
  process.kill(killed, 'SIGKILL')
  await eventually(async () => {
    expect(engines.pids().mongo ?? killed).not.toBe(killed)
    await (await openMongo(engines.urls.mongoUrl, 'ping')).close()
  })
  wire.mend()
}

/** Asks again, as clients do: the database may be away for longer than the driver waits. */
async function send(text: string) {
  const syncKey = crypto.randomUUID()
  const input = { syncKey, roomId: room._id, data: { type: 'TEXT', content: text } }
  return eventually(() => ann.get<{ message: Message }>('sendMessage', input))
}
const heard = () => ben.payloads<Message>(`listenMessage_${room._id}`).map(({ seq }) => seq)
const found = async (keyword: string) =>
  (await ben.get<{ list: Message[] }>('searchMessages', { keyword, limit: 50 })).list.length

test.each([
  ['one message', 'walnut', 1],
  ['many messages', 'hazel', 20],
])('%s of an insert whose answer was lost are acked, heard once and found', async (_what, word, count) => {
  const before = heard().length
  const lost = wire.loseAnswer(word)
  const sending = Promise.all(Array.from({ length: count }, (_, index) => send(`${word} ${index}`)))
  await lost
  await restartMongo()
  const sent = await sending
  const seqs = sent.map(({ message }) => message.seq).toSorted((a, b) => a - b)
  expect(new Set(seqs).size).toBe(count)
  await eventually(() => expect(heard().slice(before)).toEqual(seqs))
  await eventually(async () => expect(await found(word)).toBe(count))
})

test('an insert that is sent again counts what the first one stored as its own', async () => {
  const mongo = await openMongo(engines.urls.mongoUrl, 'sent_again')
  const store = new MessageStore(mongo, await databaseOf(mongo))
  await ensureIndexes(mongo)
  const docs = [1, 2, 3, 4, 5].map((seq) => ({
    ...{ _id: `room-${String(seq).padStart(10, '0')}`, seq, roomId: 'room', syncKey: `key ${seq}` },
    ...{
      author: { authorId: 'ann', nickName: 'Ann', profileUrl: null },
      replyTo: null,
      meta: null,
      audience: 1,
    },
    ...{ data: { type: 'TEXT', content: { text: 'x' } }, createdAt: new Date() },
  })) as MessageDoc[]
  const [at, later] = [new Date(1_000), new Date(2_000)]
  expect(await store.insert(docs.slice(0, 3), at)).toEqual({ stored: 3, isDuplicate: false })
  expect(await store.insert(docs, at)).toEqual({ stored: 3, isDuplicate: true })
  expect(await store.insert(docs.slice(0, 3), at)).toEqual({ stored: 3, isDuplicate: false })
  expect(await store.insert(docs.slice(0, 1), later)).toEqual({ stored: 0, isDuplicate: true })
  expect(await store.insert(docs.slice(3), later)).toEqual({ stored: 2, isDuplicate: false })
  await mongo.close()
})
