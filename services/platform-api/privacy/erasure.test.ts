import type { Export, Message, Room } from '@chat/contract'
import { openBucket } from '@chat/service'
import {
  connectAs,
  connectPlain,
  eventually,
  newestPage,
  openDatabase,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { DeliverPolicy, jetstream } from '@nats-io/jetstream'
import mongoose from 'mongoose'
import { makeWebhook, openReceiver, quick, type Receiver, type TestWebhook } from '../webhooks/testing.ts'

// An erased user appears nowhere: every store, bucket and stream that keeps data is searched for their id and name.

const ERASED = 'goner-7f3a'
const NAME = 'Quillon Vanderbeek'
const FILE = 'passport-of-quillon.bin'
const SECRET = 'my number is 555-0199'
/** A mention after the erasure. */
const SAID = '@(erased), are you there?'
const PHONE = 'phone-of-quillon'
const EMAIL = 'quillon@example.org'
const TRACES = [ERASED, NAME, FILE, SECRET, PHONE, EMAIL]

let stack: TestStack
let room: Room
let left: Room
/** The last message of `quoting` quotes a mention of the user; that of `ending` is such a mention. */
let quoting: Room
let ending: Room
let keeper: PlainClient
let receiver: Receiver
/** Its endpoint fails, so its deliveries wait. */
let waiting: TestWebhook
/** The user's token, in an answer that is stored for repeats. */
let token: string
/** An export by keeper, and its link. */
let kept: { exportId: string; url: string }
const clients: PlainClient[] = []

const enter = async (userId: string) => {
  const client = await connectAs(stack, userId)
  clients.push(client)
  return client
}
const people = (...ids: string[]) =>
  ids.map((_id, index) => ({ _id, nickName: _id === ERASED ? NAME : `Nick of ${_id}`, master: index === 0 }))
const makeRoom = async (ids: string[], rules = {}) => {
  const rest = { name: 'Room', roomType: 'GROUP', link: { sid: crypto.randomUUID(), name: 'Link' }, rules }
  const { body } = await stack.call('POST', '/v1/rooms', { ...rest, joinUsers: people(...ids) })
  return (body as { data: Room }).data
}

/** Every document of every database of this installation, as text. */
async function stored(): Promise<string[]> {
  const connection = await mongoose.createConnection(stack.mongoUrl).asPromise()
  try {
    const { databases } = await connection.listDatabases()
    const own = databases.map(({ name }) => name).filter((name) => name.startsWith(`${stack.root}_`))
    expect(own.length).toBe(5)
    const texts: string[] = []
    for (const name of own) {
      const database = connection.useDb(name)
      for (const { name: collection } of await database.listCollections()) {
        const docs = await database.collection(collection).find({}).toArray()
        texts.push(...docs.map((doc) => `${name}.${collection} ${JSON.stringify(doc)}`))
      }
    }
    return texts
  } finally {
    await connection.close()
  }
}

/** Everything that the stream still delivers. */
async function streamed(): Promise<string[]> {
  const bus = await openTestBus(stack)
  try {
    const options = { deliver_policy: DeliverPolicy.All }
    const consumer = await jetstream(bus.connection).consumers.get(bus.subjects.stream, options)
    const { num_pending } = await consumer.info()
    if (num_pending === 0) return []
    const texts: string[] = []
    for await (const message of await consumer.fetch({ max_messages: num_pending, expires: 5_000 }))
      texts.push(`${message.subject} ${new TextDecoder().decode(message.data)}`)
    return texts
  } finally {
    await bus.close()
  }
}

const files = async () => (await objects()).filter((path) => !path.startsWith('exports/'))
async function objects(): Promise<string[]> {
  const bucket = await openBucket({ url: stack.s3Url, bucket: stack.config.s3.bucket })
  try {
    return await bucket.list('')
  } finally {
    bucket.close()
  }
}

const traces = (texts: string[]) =>
  texts.filter((text) => TRACES.some((trace) => text.toLowerCase().includes(trace.toLowerCase())))

beforeAll(async () => {
  // Mails cannot be sent: exports to mail stay stored.
  const mail = { url: 'smtp://127.0.0.1:1', from: 'no-reply@example.com' }
  receiver = await openReceiver()
  const config = { mail, webhooksMayBePrivate: true }
  const instances = { gateways: 2, rooms: 2, messages: 2, platformApis: 2 }
  stack = await startTestStack({ config, instances, webhookTimes: quick })
  await makeWebhook(stack, receiver)
  waiting = await makeWebhook(stack, receiver)
  receiver.answer = ({ path }) => (path === waiting.path ? 503 : 204)
  room = await makeRoom(['keeper', ERASED, 'third'], { canInviteMemebrs: true, canLeaveOutRoom: true })
  left = await makeRoom([ERASED, 'keeper'], { canLeaveOutRoom: true })
  quoting = await makeRoom(['keeper', ERASED])
  ending = await makeRoom(['keeper', ERASED])
  keeper = await enter('keeper')
  await keeper.get('joinRoom', room._id)
  const goner = await enter(ERASED)
  await writeEverywhere(goner)
  await beTold(goner)
  await exportWhatWasSaid(goner)
})
afterAll(async () => {
  for (const client of clients) client.close()
  await stack?.close()
  await receiver?.close()
})

/** Stores data about the user in every place where users can. */
async function writeEverywhere(goner: PlainClient) {
  for (const roomId of [room._id, left._id]) {
    const said = await sendText(goner, roomId, SECRET)
    await goner.get('editMessage', { roomId, messageId: said._id, text: `${SECRET} again` })
    await sendText(keeper, roomId, 'I answer', { replyTo: said._id })
    await keeper.get('reportMessage', { roomId, messageId: said._id, reason: 'private' })
  }
  const own = await sendText(keeper, room._id, 'of keeper')
  await goner.get('reportMessage', { roomId: room._id, messageId: own._id, reason: 'because' })
  const file = { syncKey: `${ERASED}-upload`, roomId: room._id, type: 'FILE', size: 3, name: FILE }
  await goner.get('sendFileMessage', { ...file, data: Buffer.from([0, 1, 2]) })
  await goner.get('blockUser', { userId: 'third' })
  await (await enter('third')).get('blockUser', { userId: ERASED })
  const muted = { muted: true, minutes: 60 }
  expect((await stack.call('PATCH', `/v1/rooms/${left._id}/members/${ERASED}`, muted)).status).toBe(200)
  await goner.get('leaveOutRoom', left._id)
  const pinned = { authorId: ERASED, text: SECRET }
  expect((await stack.call('PUT', `/v1/rooms/${ending._id}/announcement`, pinned)).status).toBe(200)
  const key = { 'idempotency-key': 'about-them' }
  expect((await stack.call('POST', '/v1/users', { _id: ERASED, meta: { SECRET } }, key)).status).toBe(201)
  const minted = { 'idempotency-key': 'their-token' }
  const { body } = await stack.call('POST', `/v1/users/${ERASED}/token`, {}, minted)
  token = (body as { data: { token: string } }).data.token
  TRACES.push(token)
  await sendText(goner, room._id, SECRET)
  await eventually(() =>
    expect(keeper.payloads<Message>(`listenMessage_${room._id}`).length).toBeGreaterThan(3),
  )
}

/** Pushes to the user's device: sent, waiting, and dead; with mentions of every kind. */
async function beTold(goner: PlainClient) {
  await goner.get('setMentionAlarm', { on: false })
  await goner.get('registerDevice', { token: PHONE, platform: 'ANDROID' })
  await sendText(keeper, room._id, 'pushed')
  const database = await openDatabase(stack, 'push')
  try {
    await eventually(async () => expect(await database.collection('receipts').countDocuments()).toBe(1))
    const [device] = await database.collection('devices').find({}).toArray()
    TRACES.push(String(device?._id))
    await goner.get('joinRoom', room._id)
    const said = await mention()
    await eventually(async () =>
      expect(await database.collection('tasks').countDocuments()).toBeGreaterThan(0),
    )
    await addDeadLetters(database, said)
  } finally {
    await database.close()
  }
}

const edit = ({ _id: messageId }: Message, text: string) =>
  keeper.get('editMessage', { roomId: room._id, messageId, text })

/**
 * Mentions by name: in a message, its quotes, announcement and reports; added and removed by an edit; in messages from
 * the platform; in the last message of a room, and in what that quotes.
 */
async function mention(): Promise<Message> {
  const said = await sendText(keeper, room._id, `@${NAME}, are you there?`)
  const { _id: messageId, roomId } = said
  const other = await sendText(keeper, roomId, 'they are not', { replyTo: messageId })
  for (const id of [messageId, other._id])
    await keeper.get('reportMessage', { roomId, messageId: id, reason: 'rude' })
  await keeper.get('setAnnouncement', { roomId, messageId })
  const later = await sendText(keeper, roomId, 'to nobody yet')
  await edit(later, `to ＠${NAME.toUpperCase()}`)
  const before = await sendText(keeper, roomId, `from @${NAME}`)
  await sendText(keeper, roomId, 'from whom?', { replyTo: before._id })
  await edit(before, 'from nobody')
  const author = { authorId: 'keeper' }
  const card = { cardType: 'INVITATION', text: `@${NAME}: come!` }
  const drafts = [
    { data: { type: 'CARD', content: { rawData: card } }, syncKey: 'card', author },
    { data: { type: 'ADMIN', content: { text: `@${NAME} is welcome` } }, syncKey: 'admin', author },
  ]
  for (const draft of drafts) {
    const key = { 'idempotency-key': draft.syncKey }
    expect((await stack.call('POST', `/v1/rooms/${roomId}/messages`, draft, key)).status).toBe(201)
  }
  const last = await sendText(keeper, quoting._id, `@${NAME}!`)
  await sendText(keeper, quoting._id, 'that was loud', { replyTo: last._id })
  await sendText(keeper, ending._id, `@${NAME}?`)
  return said
}

/** Dead letters of push: of the user's own message, for the user alone, and for others, too. */
async function addDeadLetters(database: mongoose.Connection, { _id: messageId, roomId, seq }: Message) {
  const notice = {
    messageId,
    roomId,
    seq,
    authorId: 'keeper',
    mentions: [ERASED],
    body: `keeper: @${NAME}, are`,
  }
  const dead = {
    tries: 5,
    lastError: 'away',
    deadAt: new Date(),
    dueAt: new Date(Date.now() + 86_400_000),
    claim: null,
  }
  const rest = { isSecond: false, ...dead }
  const docs = [
    {
      _id: `${messageId}:of`,
      notice: { ...notice, authorId: ERASED, body: `${NAME}: ${SECRET}` },
      only: null,
    },
    { _id: `${messageId}:for`, notice, only: [ERASED] },
    { _id: `${messageId}:all`, notice, only: ['third', ERASED] },
  ]
  await database.collection('tasks').insertMany(docs.map((doc) => ({ ...doc, ...rest })) as never[])
}

/** Exports: one to the user's mail, and one by keeper with the user's messages. */
async function exportWhatWasSaid(goner: PlainClient) {
  await goner.get('exportMessages', { roomId: room._id, format: 'TXT', email: EMAIL })
  const wanted = { roomId: room._id, format: 'JSON' }
  const { exportId } = await keeper.get<{ exportId: string }>('exportMessages', wanted)
  kept = { exportId, url: await linkOf(exportId) }
  expect(traces([await (await fetch(kept.url)).text()])).toHaveLength(1)
}
const linkOf = (exportId: string): Promise<string> =>
  eventually(async () => {
    const { state, url } = await keeper.get<Export>('getExport', { exportId })
    if (state !== 'READY' || url === null) throw new Error(`the export is ${state}`)
    return url
  }, 20_000)

test('before the erasure, the user is found wherever users are stored', async () => {
  const found = traces(await stored()).map((text) => text.split(' ')[0]?.replace(`${stack.root}_`, ''))
  const places = {
    rooms: ['users', 'members', 'rooms', 'blocks', 'mutes', 'mentions'],
    messages: ['messages', 'reports', 'changes', 'exports'],
    files: ['objects'],
    push: ['devices', 'preferences', 'receipts', 'tasks'],
    platform: ['attempts', 'deliveries'],
  }
  expect(found).toEqual(
    expect.arrayContaining(
      Object.entries(places).flatMap(([service, names]) => names.map((name) => `${service}.${name}`)),
    ),
  )
  expect(traces(await stored()).filter((text) => text.includes(`"mentioned":["${ERASED}"]`))).toHaveLength(1)
  expect(traces(await streamed())).not.toEqual([])
  expect(await files()).toHaveLength(1)
})

test('the export contains what is stored about the user', async () => {
  const { status, headers, body } = await stack.call('GET', `/v1/users/${ERASED}/export`)
  expect(status).toBe(200)
  expect(headers.get('content-disposition')).toBe('attachment')
  const { data } = body as { data: { userId: string; records: { kind: string; value: object }[] } }
  const kinds = new Set(data.records.map(({ kind }) => kind))
  expect([...kinds].sort()).toEqual([
    ...['block', 'device', 'export', 'file', 'membership', 'mention', 'message', 'mute', 'preference'],
    ...['report', 'user', 'webhookDelivery'],
  ])
  // Stored answers are not in the export, but the token in one must be erased, too.
  for (const trace of TRACES.filter((each) => each !== token)) expect(JSON.stringify(data)).toContain(trace)
})

test("after the erasure nothing contains the user's id, name or texts, and their messages remain without content", async () => {
  const before = await newestPage(keeper, room._id)
  const mine = before.filter(({ author }) => author.authorId === ERASED).map(({ seq }) => seq)
  expect(mine.length).toBe(3)
  const { status, body } = await stack.call('DELETE', `/v1/users/${ERASED}`)
  expect({ status, body }).toMatchObject({ status: 200, body: { success: true, data: { state: 'DONE' } } })

  const page = await newestPage(keeper, room._id)
  expect(page.map(({ seq }) => seq)).toEqual(before.map(({ seq }) => seq))
  for (const message of page.filter(({ seq }) => mine.includes(seq))) {
    expect(message).toMatchObject({ status: { deleted: true }, data: { content: {} } })
    expect(message.author).toEqual({ authorId: '(erased)', nickName: '(erased)', profileUrl: null })
  }
  // Consumers may still be handling events.
  await eventually(async () => expect(traces(await stored())).toEqual([]))
  expect(traces(await streamed())).toEqual([])
  expect(await files()).toEqual([])
})

test('exports of others are written again without the user, under the same link', async () => {
  await linkOf(kept.exportId)
  const answer = await fetch(kept.url)
  expect(answer.status).toBe(200)
  const text = await answer.text()
  expect(traces([text])).toEqual([])
  expect(text).toContain('of keeper')
  expect(await objects()).toHaveLength(1)
  expect(
    keeper.payloads<Export>('exportReady').filter(({ exportId }) => exportId === kept.exportId),
  ).toHaveLength(1)
})

test('a dead letter of push is kept for the other recipients', async () => {
  const database = await openDatabase(stack, 'push')
  try {
    const left = await database
      .collection('tasks')
      .find({ deadAt: { $gt: new Date(0) } })
      .toArray()
    const body = `Nick of keeper: ${SAID}`
    expect(left).toMatchObject([{ only: ['third'], notice: { authorId: 'keeper', mentions: [], body } }])
  } finally {
    await database.close()
  }
})

test('other members receive the changes in open rooms and see them in their lists', async () => {
  const changed = keeper.payloads<Message>(`updateMessage_${room._id}`).filter(({ status }) => status.deleted)
  expect(new Set(changed.map(({ seq }) => seq)).size).toBe(3)
  await eventually(async () => {
    const { list } = await keeper.get<{ list: Room[] }>('listenRooms', {})
    expect(traces(list.map((each) => JSON.stringify(each)))).toEqual([])
    const shown = (roomId: string) => list.find(({ _id }) => _id === roomId)
    expect(shown(room._id)).toMatchObject({ memberCount: 2, announcement: { text: SAID } })
    expect(shown(ending._id)).toMatchObject({ announcement: null })
    expect(shown(ending._id)?.lastMessage).toMatchObject({ data: { content: { text: '@(erased)?' } } })
    expect(shown(quoting._id)?.lastMessage).toMatchObject({ replyTo: { text: '@(erased)!' } })
  })
  const found = await keeper.get<{ list: Message[] }>('searchMessages', { keyword: '555-0199' })
  expect(found.list).toEqual([])
})

test('messages that mentioned the user lose the name, in open rooms, sync, quotes and search', async () => {
  const page = await newestPage(keeper, room._id)
  const said = page.find(({ data }) => data.content.text === SAID)
  expect(said?.mentions).toEqual([])
  expect(page.find(({ replyTo }) => replyTo?.messageId === said?._id)?.replyTo?.text).toBe(SAID)
  await eventually(() => {
    const told = keeper.payloads<Message>(`updateMessage_${room._id}`).filter(({ _id }) => _id === said?._id)
    expect(told).toMatchObject([{ data: { content: { text: SAID } }, mentions: [] }])
  })
  const missed = { roomId: room._id, afterSeq: 0, afterChange: 0 }
  const { changed } = await keeper.get<{ changed: Message[] }>('syncMessages', missed)
  expect(changed.map(({ _id }) => _id)).toContain(said?._id)
  const find = async (keyword: string) =>
    (await keeper.get<{ list: Message[] }>('searchMessages', { keyword })).list.map(({ _id }) => _id)
  expect(await find('Vanderbeek')).toEqual([])
  expect(await find('(erased), are you')).toEqual([said?._id])
})

test('message numbers have no gap, and consumers continue', async () => {
  const last = (await newestPage(keeper, room._id)).at(-1) as Message
  const next = await sendText(keeper, room._id, 'life goes on')
  expect(next.seq).toBe(last.seq + 1)
  await eventually(async () => {
    const { list } = await keeper.get<{ list: Room[] }>('listenRooms', {})
    expect(list.find(({ _id }) => _id === room._id)?.lastMessage?._id).toBe(next._id)
  })
  await eventually(() => {
    const heard = keeper.payloads<Message>(`listenMessage_${room._id}`).map(({ seq }) => seq)
    expect(heard.filter((seq) => seq === next.seq)).toHaveLength(1)
    expect(new Set(heard).size).toBe(heard.length)
  })
})

test("the user's tokens are refused until the platform creates the user again", async () => {
  const old = await stack.token(ERASED, { iat: Math.floor(Date.now() / 1000) - 60 })
  await expect(connectPlain(stack.gatewayUrl, old)).rejects.toMatchObject({ data: { code: 'TOKEN_INVALID' } })
  expect((await stack.call('GET', `/v1/users/${ERASED}`)).status).toBe(404)
  // A second erasure has nothing to do.
  expect(await stack.call('DELETE', `/v1/users/${ERASED}`)).toMatchObject({
    body: { data: { state: 'DONE' } },
  })

  const { body } = await stack.call('POST', `/v1/users/${ERASED}/token`, {})
  const again = await connectPlain(stack.gatewayUrl, (body as { data: { token: string } }).data.token)
  clients.push(again)
  expect((await again.get<{ list: Room[] }>('listenRooms', null)).list).toEqual([])
  await expect(connectPlain(stack.gatewayUrl, old)).rejects.toMatchObject({ data: { code: 'TOKEN_INVALID' } })
})
