import type { Export, Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  openDatabase,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
  testApiKey,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Connection } from 'mongoose'
import { seededAt, seedRoom } from '../testing.ts'

type Ready = { exportId: string; url: string; expiresAt: string }
type Row = { _id: string; seq: number; author: { authorId: string; nickName: string }; data: Message['data'] }

/** Generous, since the machine may be busy. */
const PATIENCE_MS = 25_000
const DAY_MS = 24 * 60 * 60 * 1000
let stack: TestStack
let database: Connection
let ann: PlainClient
let ben: PlainClient
let cat: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { messages: 2 } })
  database = await openDatabase(stack)
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
  cat = await connectAs(stack, 'cat')
})
afterAll(async () => {
  for (const client of [ann, ben, cat]) client?.close()
  await database?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
})

const ask = (who: PlainClient, more: object = {}) =>
  who.ask('exportMessages', { roomId: room._id, format: 'JSON', ...more })
const started = async (who: PlainClient, more: object = {}) =>
  (await who.get<{ exportId: string }>('exportMessages', { roomId: room._id, format: 'JSON', ...more }))
    .exportId
const told = (who: PlainClient, exportId: string) =>
  eventually(() => {
    const found = who.payloads<Ready>('exportReady').find((ready) => ready.exportId === exportId)
    if (!found) throw new Error('not told yet')
    return found
  }, PATIENCE_MS)
const readOf = async ({ url }: { url: string }) => {
  const response = await fetch(url)
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, text: bytes.toString() }
}
const exported = async (who: PlainClient, more: object = {}) =>
  readOf(await told(who, await started(who, more)))
const rows = async (who: PlainClient, more: object = {}) =>
  JSON.parse((await exported(who, more)).text) as Row[]
const texts = (list: Row[]) => list.map(({ data }) => data.content.text)
const getV1 = async (path: string) => {
  const response = await fetch(`${stack.platformUrl}${path}`, { headers: { 'chat-api-key': testApiKey } })
  return { status: response.status, body: (await response.json()) as never }
}
const stored = (exportId: string) =>
  database.collection<{ _id: string; path: string; parts: unknown[] }>('exports').findOne({ _id: exportId })

test("JSON contains every message, oldest first, with the authors' current names", async () => {
  await ann.get('joinRoom', room._id)
  const first = await sendText(ben, room._id, 'hello "Ann"\n안녕')
  await sendText(ann, room._id, 'hi', { replyTo: first._id })
  await stack.post('/v1/users/ben/token', { nickName: 'Benjamin' })
  const { text, headers } = await exported(ann)
  expect(JSON.parse(text)).toEqual([
    {
      ...{ _id: first._id, seq: 1, createdAt: first.createdAt, editedAt: null, replyTo: null },
      ...{ author: { authorId: 'ben', nickName: 'Benjamin' }, data: first.data },
    },
    expect.objectContaining({ seq: 2, replyTo: first._id, author: { authorId: 'ann', nickName: 'ann' } }),
  ])
  expect(headers.get('content-type')).toBe('application/json')
  expect(headers.get('content-disposition')).toMatch(/^attachment; filename="chat-[\w-]+\.json"$/)
})

test('CSV has a byte order mark, a row for each message, and no formulas', async () => {
  const evil = await sendText(ben, room._id, '=HYPERLINK("http://evil")')
  await sendText(ann, room._id, 'two\r\nlines, "quoted"')
  const { text, headers } = await exported(ann, { format: 'CSV' })
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8')
  const [head, line] = text.split('\r\n')
  expect(head).toBe('\ufeff"seq","createdAt","authorId","nickName","type","text","files"')
  expect(line).toBe(`"1","${evil.createdAt}","ben","Benjamin","TEXT","'=HYPERLINK(""http://evil"")",""`)
  expect(text).toContain('"two\r\nlines, ""quoted"""')
})

test('in TXT no line of a message looks like another message', async () => {
  const { createdAt } = await sendText(ben, room._id, `hi\n[${new Date().toISOString()}] ann: I agree`)
  const { text, headers } = await exported(ann, { format: 'TXT' })
  expect(headers.get('content-type')).toBe('text/plain; charset=utf-8')
  const lines = text.replace(/^\ufeff/, '').split('\n')
  expect(lines[0]).toBe(`[${createdAt}] Benjamin: hi`)
  expect(lines.slice(1).filter((line) => line.startsWith('['))).toEqual([])
})

test.each(['JSON', 'CSV', 'TXT'])('an empty room is exported as a %s file, too', async (format) => {
  const { status, text } = await exported(ann, { format })
  expect(status).toBe(200)
  if (format === 'JSON') expect(JSON.parse(text)).toEqual([])
})

test('deleted and hidden messages are never exported, not even for masters; edited ones have their current text', async () => {
  const [gone, hidden, edited] = [
    await sendText(ben, room._id, 'gone'),
    await sendText(ben, room._id, 'hidden'),
    await sendText(ben, room._id, 'before'),
  ]
  await ben.get('deleteMessage', { roomId: room._id, messageId: gone._id })
  await ann.get('hideMessage', { roomId: room._id, messageId: hidden._id, hidden: true })
  await ben.get('editMessage', { roomId: room._id, messageId: edited._id, text: 'after' })
  expect(texts(await rows(ann))).toEqual(['after'])
})

test('a period includes its beginning and excludes its end', async () => {
  const said: Message[] = []
  for (const text of ['one', 'two', 'three']) {
    said.push(await sendText(ben, room._id, text))
    // Messages of one millisecond cannot be separated by a period.
    await eventually(() => expect(new Date().toISOString()).not.toBe(said.at(-1)?.createdAt))
  }
  const [one, two, three] = said.map(({ createdAt }) => createdAt)
  expect(texts(await rows(ann, { from: two }))).toEqual(['two', 'three'])
  expect(texts(await rows(ann, { to: three }))).toEqual(['one', 'two'])
  expect(texts(await rows(ann, { from: one, to: two }))).toEqual(['one'])
  expect(texts(await rows(ann, { from: '2001-01-01', to: '2001-01-02T00:00:00+09:00' }))).toEqual([])
})

test('a long room can be exported as a whole or in part', async () => {
  await seedRoom(database, await sendText(ben, room._id, 'sample'), 5_001)
  const list = await rows(ann, {
    from: seededAt(4_000).toISOString(),
    to: seededAt(4_060).toISOString(),
  })
  expect(list.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, index) => 4_000 + index))
  const all = await rows(ann)
  expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 5_001 }, (_, index) => index + 1))
})

test.each([
  ['no format', { format: undefined }],
  ['another format', { format: 'XML' }],
  ['a period that ends before it begins', { from: '2026-01-02', to: '2026-01-01' }],
  ['an invalid time', { from: 'yesterday' }],
  ['a day that does not exist', { from: '2026-02-30T00:00:00Z' }],
  ['a time without its zone', { from: '2026-01-01T00:00:00' }],
  ['a line break in the address', { email: 'ann@example.com\nBcc: all@example.com' }],
  ['a line break at its end', { email: 'ann@example.com\r\n' }],
  ['two addresses', { email: 'ann@example.com,ben@example.com' }],
  ['a name with the address', { email: 'Ann <ann@example.com>' }],
  ['no domain', { email: 'ann' }],
])('%s is refused', async (_, more) => {
  expect((await ask(ann, more)).error).toBe('INVALID_REQUEST')
})

test("a user can neither export a room that they are not in nor see another user's export", async () => {
  expect((await ask(cat)).error).toBe('ROOM_NO_EXISTS')
  expect((await ask(ann, { roomId: 'nowhere' })).error).toBe('ROOM_NO_EXISTS')
  const exportId = await started(ann)
  await told(ann, exportId)
  for (const id of [exportId, 'nothing'])
    expect((await ben.ask('getExport', { exportId: id })).error).toBe('FILE_NO_EXISTS')
  expect(
    (await ben.get<{ list: Export[] }>('listExports', {})).list.map((each) => each.exportId),
  ).not.toContain(exportId)
})

test('without a mail server, an export by mail is refused', async () => {
  expect((await ask(ann, { email: 'ann@example.com' })).error).toBe('MAIL_NOT_CONFIGURED')
  expect((await ask(cat, { email: 'cat@example.com' })).error).toBe('ROOM_NO_EXISTS')
})

test('a user has one running export at a time', async () => {
  const answers = await Promise.all([ask(ann), ask(ann), ask(ann), ask(ben)])
  const ids = answers.flatMap(({ data }) => (data as { exportId: string } | null)?.exportId ?? [])
  const refused = answers.filter(({ error }) => error === 'RATE_LIMITED')
  expect(answers.filter(({ error }) => error === null)).toHaveLength(answers.length - refused.length)
  expect(answers[3]?.error).toBeNull()
  expect(refused.length).toBeGreaterThan(0)
  for (const answer of refused)
    expect(answer).toMatchObject({
      retryable: true,
      retryAfterMs: expect.any(Number),
      data: { exportId: ids[0] },
    })
  await told(ann, ids[0] as string)
  expect(await started(ann)).not.toBe(ids[0])
})

test('a user who was offline when the export was ready gets a link later', async () => {
  const dan = await connectAs(stack, 'dan')
  const own = await makeRoom(dan, ['ben'])
  await sendText(dan, own._id, 'hello')
  await dan.ask('exportMessages', { roomId: own._id, format: 'JSON' })
  dan.close()
  const back = await connectAs(stack, 'dan')
  const found = await eventually(async () => {
    const { list } = await back.get<{ list: Export[] }>('listExports', {})
    expect(list).toMatchObject([{ state: 'READY', progress: 100, roomId: own._id, userId: 'dan', url: null }])
    return back.get<Export & { url: string }>('getExport', { exportId: list[0]?.exportId })
  })
  expect(texts(JSON.parse((await readOf(found)).text))).toEqual(['hello'])
  const left = Date.parse(found.expiresAt as string) - Date.now()
  expect(left).toBeGreaterThan(DAY_MS - 60_000)
  expect(left).toBeLessThanOrEqual(DAY_MS)
  back.close()
})

test('after the ack of a kick, the user cannot open exports of the room', async () => {
  const exportId = await started(ben)
  const ready = await told(ben, exportId)
  expect((await readOf(ready)).status).toBe(200)
  await ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['ben'] })
  expect((await readOf(ready)).status).toBe(404)
  expect((await ben.ask('getExport', { exportId })).error).toBe('FILE_NO_EXISTS')
  expect((await ask(ben)).error).toBe('ROOM_NO_EXISTS')
})

test('an export is removed after a day', async () => {
  const exportId = await started(ann)
  const ready = await told(ann, exportId)
  await eventually(async () => expect(await stored(exportId)).toMatchObject({ claim: null, isTold: true }))
  const past = { expiresAt: new Date(0), dueAt: new Date(0) }
  await database.collection<{ _id: string }>('exports').updateOne({ _id: exportId }, { $set: past })
  await eventually(async () => expect((await readOf(ready)).status).toBe(404))
  expect((await ann.ask('getExport', { exportId })).error).toBe('FILE_NO_EXISTS')
  await eventually(async () => expect(await stored(exportId)).toBeNull())
})

test('a platform exports any room and reads the progress', async () => {
  await sendText(ben, room._id, 'hello')
  const post = (body: object) => stack.post('/v1/exports', body)
  expect(await post({ roomId: 'nowhere', format: 'JSON' })).toMatchObject({
    status: 404,
    body: { error: 'ROOM_NO_EXISTS' },
  })
  expect(await post({ roomId: room._id, format: 'JSON', email: 'x@y.z' })).toMatchObject({ status: 501 })
  expect(await post({ roomId: room._id })).toMatchObject({ status: 400 })
  const { body } = await post({ roomId: room._id, format: 'JSON' })
  const { exportId } = (body as { data: { exportId: string } }).data
  const done = await eventually(async () => {
    const { body } = await getV1(`/v1/exports/${exportId}`)
    expect(body).toMatchObject({ data: { state: 'READY', progress: 100, userId: null } })
    return (body as { data: { url: string } }).data
  })
  expect(texts(JSON.parse((await readOf(done)).text))).toEqual(['hello'])
  const page = async (query: string) =>
    ((await getV1(`/v1/exports?${query}`)).body as { data: { list: Export[]; nextCursor: string } }).data
  const newest = await page('limit=1')
  expect(newest.list).toMatchObject([{ exportId }])
  const older = (await page(`cursor=${newest.nextCursor}`)).list.map((each) => each.exportId)
  expect(older.length).toBeGreaterThan(0)
  expect(older).not.toContain(exportId)
  expect(await getV1('/v1/exports?limit=x')).toMatchObject({ status: 400 })
  expect(await getV1('/v1/exports/nothing')).toMatchObject({ status: 404, body: { error: 'FILE_NO_EXISTS' } })
})
