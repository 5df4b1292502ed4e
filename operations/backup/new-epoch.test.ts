import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, memoryStore, type OfflineChat } from '@chat/client'
import type { Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  listed,
  makeRoom,
  newestPage,
  openDatabase,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { takeBackup } from './backup.ts'
import { type Manifest, manifestFile, type Stores } from './layout.ts'
import { adoptCopy, restoreBackup } from './restore.ts'

// A restored backup whose messages are newer than everything else in it, as if they had been read much later. The stack
// that it was taken from has stored more since then.

const webhookTimes = { pause: 20, maxPause: 200, poll: 50 }
const store = memoryStore()
const silent = () => {}
/** Bodies of the webhook's deliveries, by the ids of their events, in the order of their arrival. */
const delivered: { id: string; text: string | undefined }[] = []
const receiver = createServer(async (request, response) => {
  const body = (await request.toArray()).join('')
  const { data } = JSON.parse(body) as { data: { message?: Message } }
  delivered.push({ id: request.headers['webhook-id'] as string, text: data.message?.data.content.text })
  response.writeHead(204).end()
})

let folder: string
let before: TestStack
let after: TestStack
let ben: PlainClient
let room: Room
let quiet: Room
/** How many webhook deliveries there were when the restored stack started. */
let deliveredBefore: number

const storesOf = ({ mongoUrl, s3Url, root }: Pick<TestStack, 'mongoUrl' | 's3Url' | 'root'>): Stores => ({
  ...{ mongoUrl, s3Url, root },
  bucket: `chat-${root}`,
})
const config = { webhooksMayBePrivate: true }
const textsOf = (messages: Message[]) => messages.map(({ data }) => data.content.text)
async function sayAll(who: PlainClient, roomId: string, name: string, count: number) {
  for (let n = 1; n <= count; n++) await sendText(who, roomId, `${name} ${n}`)
}
const client = async (stack: TestStack): Promise<OfflineChat> =>
  connect({ url: stack.gatewayUrl, token: await stack.token('cho'), store })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-epoch-'))
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  before = await startTestStack({ config, webhookTimes })
  const { port } = receiver.address() as AddressInfo
  await before.post('/v1/webhooks', { url: `http://127.0.0.1:${port}/`, events: ['message.created'] })
  const ann = await connectAs(before, 'ann')
  for (const name of ['ben', 'cho']) (await connectAs(before, name)).close()
  room = await makeRoom(ann, ['ben', 'cho'])
  quiet = await makeRoom(ann, ['ben'])
  await sayAll(ann, room._id, 'early', 3)
  await eventually(async () => expect(await listed(ann, room._id)).toMatchObject({ lastSeq: 3 }))
  const stores = storesOf(before)
  await takeBackup({ stores, folder: join(folder, 'all'), log: silent })
  await sayAll(ann, room._id, 'meanwhile', 5)
  await sayAll(ann, quiet._id, 'meanwhile', 2)
  await takeBackup({ stores, folder: join(folder, 'later'), log: silent })
  await takeMessagesFromLater()
  await sayAll(ann, room._id, 'lost', 4)
  await cacheRoom()
  await eventually(() => expect(delivered).toHaveLength(14))
  ann.close()
  await before.close()
  deliveredBefore = delivered.length
  await restore()
}, 240_000)
afterAll(async () => {
  ben?.close()
  await after?.close()
  receiver.close()
  await rm(folder, { recursive: true, force: true })
})

/** The collections of messages are the later ones; the backup began before both. */
async function takeMessagesFromLater() {
  const manifestIn = async (name: string) =>
    JSON.parse(await readFile(manifestFile(join(folder, name)), 'utf8')) as Manifest
  const [all, later] = [await manifestIn('all'), await manifestIn('later')]
  const isOfMessages = ([place]: [string, number]) => place.startsWith('messages/')
  Object.assign(all.documents, Object.fromEntries(Object.entries(later.documents).filter(isOfMessages)))
  await cp(join(folder, 'later/mongo/messages'), join(folder, 'all/mongo/messages'), { recursive: true })
  await writeFile(manifestFile(join(folder, 'all')), JSON.stringify(all))
}

/** Cho's client has all messages, the later lost ones included, when it loses its connection. */
async function cacheRoom() {
  const chat = await client(before)
  await chat.openRoom(room._id, { onMessage: () => {} })
  await chat.ask('listenMessagesByRoom', { roomId: room._id, count: 100 })
  await eventually(async () => expect(await chat.cache.messages(room._id)).toHaveLength(12))
  chat.close()
}

async function restore() {
  const root = `${before.root}r`
  const bus = await openTestBus({ ...before, root })
  await restoreBackup({
    stores: storesOf({ ...before, root }),
    bus,
    folder: join(folder, 'all'),
    log: silent,
  })
  await bus.close()
  after = await startTestStack({ root, config, webhookTimes })
  ben = await connectAs(after, 'ben')
}

test('messages that only their own database has are in lists and counts, without a recount', async () => {
  await eventually(async () => {
    expect(await listed(ben, room._id)).toMatchObject({ lastSeq: 8, unReadMsgCount: 8 })
    expect(await listed(ben, quiet._id)).toMatchObject({ lastSeq: 2, unReadMsgCount: 2 })
  })
  expect((await listed(ben, room._id))?.lastMessage?.data.content.text).toBe('meanwhile 5')
})

test('webhooks are told again under the ids of before, and of nothing else', async () => {
  await eventually(() => {
    const texts = delivered.slice(deliveredBefore).map(({ text }) => text)
    expect(texts.filter((text) => text === 'meanwhile 5')).toHaveLength(1)
    expect(texts.filter((text) => text === 'meanwhile 2')).toHaveLength(2)
  })
  const known = new Map(delivered.slice(0, deliveredBefore).map(({ id, text }) => [id, text]))
  for (const { id, text } of delivered.slice(deliveredBefore)) expect(known.get(id)).toBe(text)
})

test("a client's cache of before gives way to the restored room, though that has grown beyond it", async () => {
  await sayAll(ben, room._id, 'other', 6)
  const expected = textsOf(await newestPage(ben, room._id))
  expect(expected).toHaveLength(14)
  const chat = await client(after)
  await eventually(async () => expect(textsOf(await chat.cache.messages(room._id))).toEqual(expected))
  chat.close()
})

test('syncMessages and joinRoom answer the new epoch; one of before is not recovered', async () => {
  type Epoch = { epoch: string }
  const { epoch } = await ben.get<Epoch>('joinRoom', room._id)
  const [mark] = (await store.read('marks', '')) as Epoch[]
  expect(mark?.epoch).toBe(epoch)
  const sync = (more: object) =>
    ben.get('syncMessages', { roomId: room._id, afterSeq: 12, afterChange: 0, ...more })
  expect(await sync({})).toMatchObject({ epoch, recovered: true })
  expect(await sync({ epoch })).toMatchObject({ epoch, recovered: true })
  expect(await sync({ epoch: crypto.randomUUID() })).toMatchObject({ epoch, recovered: false })
})

test('stores that other tools have restored begin a new epoch, too', async () => {
  const root = `${before.root}c`
  const startedAt = new Date()
  const database = await openDatabase({ ...before, root })
  const outbox = database.collection<{ _id: string; epoch: string; writers: object[] }>('outbox')
  await outbox.insertOne({ _id: 'outbox', epoch: 'first', writers: [{ id: 'gone' }] })
  const messages = database.collection<{ _id: string; createdAt: Date }>('messages')
  const old = { _id: 'old', createdAt: new Date(startedAt.getTime() - 120_000) }
  await messages.insertMany([old, { _id: 'new', createdAt: startedAt }])
  await database.collection('searchSegments').insertOne({ state: 'ready' })
  const bus = await openTestBus({ ...before, root })
  await adoptCopy({ stores: storesOf({ ...before, root }), bus, startedAt })
  await bus.close()
  const state = await outbox.findOne({})
  expect(state).toMatchObject({ writers: [], stream: null, handledUntil: startedAt.getTime() - 60_000 })
  expect(state?.epoch).not.toBe('first')
  const stored = await messages.find({}).sort({ _id: 1 }).toArray()
  expect(stored).toEqual([{ _id: 'new', createdAt: startedAt, storedAt: startedAt }, old])
  expect(await database.collection('searchSegments').countDocuments()).toBe(0)
  await database.close()
})
