import type { Input, Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

type Page = { list: Message[]; nextCursor: string | null }

let stack: TestStack
let bus: Awaited<ReturnType<typeof openTestBus>>
let ann: PlainClient
let ben: PlainClient
let cid: PlainClient
let room: Room
let roomId: string

beforeAll(async () => {
  stack = await startTestStack({ instances: { messages: 2 } })
  bus = await openTestBus(stack)
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
  cid = await connectAs(stack, 'cid')
})
afterAll(async () => {
  for (const client of [ann, ben, cid]) client?.close()
  await bus?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
  roomId = room._id
})

const search = (who: PlainClient, keyword: string, more: object = {}) =>
  who.get<Page>('searchMessages', { keyword, ...more })
const texts = ({ list }: Page) => list.map(({ data }) => data.content.text)
/** Waits until the index has caught up. */
const finds = (who: PlainClient, keyword: string, expected: string[], more: object = { roomId }) =>
  eventually(async () => expect(texts(await search(who, keyword, more))).toEqual(expected))

test('a search finds any part of a text, newest first, and returns messages as pages do', async () => {
  await sendText(ann, roomId, '내일 회의는 세 시에')
  await sendText(ben, roomId, '明日の会議は東京で')
  const last = await sendText(ann, roomId, '회의록 보냈어요')
  await finds(ben, '회의', ['회의록 보냈어요', '내일 회의는 세 시에'])
  await finds(ben, '東京', ['明日の会議は東京で'])
  await finds(ben, '의는 세', ['내일 회의는 세 시에'])
  const { list } = await ben.get<Page>('listenMessagesByRoom', { roomId, count: 1 })
  expect((await search(ben, '회의록')).list).toEqual(list)
  expect(list[0]?._id).toBe(last._id)
})

test('a text with all grams of a keyword, but not the keyword, is not found', async () => {
  await sendText(ann, roomId, '사과나 과자나')
  await finds(ann, '과자', ['사과나 과자나'])
  expect(await search(ann, '사과자', { roomId })).toEqual({ list: [], nextCursor: null })
})

test("without a room, only the caller's rooms are searched", async () => {
  const word = `말${crypto.randomUUID()}`
  const second = await makeRoom(ann, ['ben'])
  const foreign = await makeRoom(ann, ['cid'])
  for (const [index, id] of [roomId, second._id, foreign._id, roomId].entries())
    await sendText(ann, id, `${word} ${index}`)
  await finds(
    ann,
    word,
    [3, 2, 1, 0].map((n) => `${word} ${n}`),
    {},
  )
  const page = await search(ben, word)
  expect(texts(page)).toEqual([3, 1, 0].map((n) => `${word} ${n}`))
  expect(page.nextCursor).toBeNull()
})

test('after the ack of a kick, nothing of the room is found', async () => {
  const word = `말${crypto.randomUUID()}`
  const second = await makeRoom(ann, ['ben'])
  await sendText(ann, roomId, `${word} one`)
  await sendText(ann, second._id, `${word} two`)
  await finds(ben, word, [`${word} two`, `${word} one`], {})
  await ann.get('kickOutUsers', { roomId, targetUserIds: ['ben'] })
  expect(texts(await search(ben, word))).toEqual([`${word} two`])
  expect(await ben.ask('searchMessages', { keyword: word, roomId })).toMatchObject({
    error: 'ROOM_NO_EXISTS',
  })
  const gallery = { roomId, kind: 'LINK' }
  expect(await ben.ask('listGallery', gallery)).toMatchObject({ error: 'ROOM_NO_EXISTS' })
})

test('deleted and hidden messages are never found, nor edited ones by their old text', async () => {
  const [one, two, three] = [
    await sendText(ben, roomId, '회의 일'),
    await sendText(ben, roomId, '회의 이'),
    await sendText(ben, roomId, '회의 삼'),
  ]
  await finds(ann, '회의', ['회의 삼', '회의 이', '회의 일'])
  await ben.get('deleteMessage', { roomId, messageId: one._id })
  await ann.get('hideMessage', { roomId, messageId: two._id, hidden: true })
  await ben.get('editMessage', { roomId, messageId: three._id, text: '점심' })
  // At once, whatever the state of the index: each result is checked against its message.
  for (const who of [ann, ben])
    expect(await search(who, '회의', { roomId })).toEqual({ list: [], nextCursor: null })
  await finds(ann, '점심', ['점심'])
  await ann.get('hideMessage', { roomId, messageId: two._id, hidden: false })
  await finds(ben, '회의', ['회의 이'])
})

test('cursors reveal nothing about messages that are not found', async () => {
  const ids = []
  for (let n = 0; n < 4; n++) ids.push((await sendText(ann, roomId, `회의 ${n}`))._id)
  await finds(
    ann,
    '회의',
    [3, 2, 1, 0].map((n) => `회의 ${n}`),
  )
  await ann.get('deleteMessage', { roomId, messageId: ids[0] })
  expect(await search(ann, '회의', { roomId, limit: 3 })).toMatchObject({ nextCursor: null })
  const { nextCursor } = await search(ann, '회의', { roomId, limit: 1 })
  const said = Buffer.from(nextCursor as string, 'base64url').toString()
  expect(ids.filter((id) => said.includes(id))).toEqual([ids[3]])
})

test('pages follow each other without gaps or repeats, across rooms', async () => {
  const word = `말${crypto.randomUUID()}`
  const second = await makeRoom(ann, ['ben'])
  for (let n = 0; n < 23; n++) await sendText(ann, n % 3 ? roomId : second._id, `${word} ${n}`)
  const all = Array.from({ length: 23 }, (_, n) => `${word} ${22 - n}`)
  await finds(ann, word, all, { limit: 100 })
  const seen: (string | undefined)[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await search(ben, word, { limit: 5, ...(cursor && { cursor }) })
    expect(page.list.length).toBeLessThanOrEqual(5)
    seen.push(...texts(page))
    cursor = page.nextCursor
  }
  expect(seen).toEqual(all)
  expect((await search(ann, word)).list).toHaveLength(20)
  expect((await search(ann, word, { limit: 1_000 })).list).toHaveLength(23)
})

test('a page ends early at 512 KB', async () => {
  const meta = { filler: 'x'.repeat(4_000) }
  const text = `회의 ${'한'.repeat(3_900)}`
  const sending = Array.from({ length: 45 }, () => sendText(ann, roomId, text, { meta }))
  await Promise.all(sending)
  await eventually(async () => {
    const first = await search(ann, '회의', { roomId, limit: 100 })
    const rest = await search(ann, '회의', { roomId, limit: 100, cursor: first.nextCursor ?? 'none' })
    expect(Buffer.byteLength(JSON.stringify(first))).toBeLessThan(530_000)
    expect(new Set([...first.list, ...rest.list].map(({ seq }) => seq)).size).toBe(45)
    expect(rest.nextCursor).toBeNull()
  })
})

test('a blocked author is marked', async () => {
  await sendText(ben, roomId, '회의')
  await finds(ann, '회의', ['회의'])
  await ann.get('blockUser', { userId: 'ben' })
  await eventually(async () =>
    expect((await search(ann, '회의', { roomId })).list).toMatchObject([{ blocked: true }]),
  )
  await ann.get('unblockUser', { userId: 'ben' })
})

test.each([
  ['no keyword', {}],
  ['one character', { keyword: '가' }],
  ['one and spaces', { keyword: '  가 \n' }],
  ['one emoji', { keyword: '👍' }],
  ['spaces', { keyword: '     ' }],
  ['an invalid cursor', { keyword: '회의', cursor: 'abc' }],
  ['a forged cursor', { keyword: '회의', cursor: Buffer.from('[1,"a","b"]').toString('base64url') }],
  ['no limit', { keyword: '회의', limit: 0 }],
])('%s is refused', async (_what, input) => {
  for (const place of [{}, { roomId }, { roomId: 'none' }])
    expect(await ann.ask('searchMessages', { ...input, ...place })).toMatchObject({
      error: 'INVALID_REQUEST',
    })
})

test('a cursor of another user, room or keyword is refused', async () => {
  for (const n of [1, 2]) await sendText(ann, roomId, `회의 ${n}`)
  await finds(ann, '회의', ['회의 2', '회의 1'])
  const { nextCursor: cursor } = await search(ann, '회의', { roomId, limit: 1 })
  expect(texts(await search(ann, '회의', { roomId, cursor }))).toEqual(['회의 1'])
  const others = [
    ben.ask('searchMessages', { keyword: '회의', roomId, cursor }),
    ann.ask('searchMessages', { keyword: '회의', cursor }),
    ann.ask('searchMessages', { keyword: '회의록', roomId, cursor }),
    ann.ask('listGallery', { kind: 'LINK', roomId, cursor }),
  ]
  for (const answer of await Promise.all(others)) expect(answer).toMatchObject({ error: 'INVALID_REQUEST' })
})

test('a user without rooms finds nothing', async () => {
  const dan = await connectAs(stack, 'dan')
  expect(await search(dan, '회의')).toEqual({ list: [], nextCursor: null })
  dan.close()
})

test('the gallery lists links in texts, cards and notices, newest first, until they are deleted or hidden', async () => {
  const text = 'see https://example.com'
  const link = await sendText(ben, roomId, text)
  await sendText(ben, roomId, 'no link')
  const author = { authorId: 'bot', nickName: 'Bot' }
  const post = (syncKey: string, data: Input<'postMessage'>['data']) =>
    bus.ask('postMessage', { userId: '', requestId: 'test' }, { roomId, syncKey, author, data })
  await post('card', { type: 'CARD', content: { rawData: { cardType: 'offer', text: 'www.example.com' } } })
  await post('notice', { type: 'ADMIN', content: { text } })
  const gallery = (kind: string, more: object = {}) => ann.get<Page>('listGallery', { roomId, kind, ...more })
  await eventually(async () => {
    const { list, nextCursor } = await gallery('LINK')
    expect(list.map(({ data }) => data.type)).toEqual(['ADMIN', 'CARD', 'TEXT'])
    expect(nextCursor).toBeNull()
  })
  const first = await gallery('LINK', { limit: 2 })
  expect(first.list).toHaveLength(2)
  expect((await gallery('LINK', { cursor: first.nextCursor })).list.map(({ _id }) => _id)).toEqual([link._id])
  await ben.get('editMessage', { roomId, messageId: link._id, text: 'no link any more' })
  expect((await gallery('LINK')).list).toHaveLength(2)
  for (const kind of ['PHOTO', 'VIDEO', 'FILE'])
    expect(await gallery(kind)).toEqual({ list: [], nextCursor: null })
})

test('the gallery lists files by type until they are deleted or hidden, and a search finds their names', async () => {
  const posted: Message[] = []
  for (const type of ['PHOTO', 'VIDEO', 'FILE', 'PHOTO'] as const) {
    const file = { name: `제주도 ${type} ${posted.length}`, path: `p${posted.length}`, size: 1 }
    const caller = { userId: 'ann', requestId: 'test' }
    const { message } = await bus.ask('postFile', caller, { roomId, syncKey: file.path, type, file })
    posted.push(message)
  }
  const [photo, video, file, last] = posted as [Message, Message, Message, Message]
  const gallery = async (kind: string) =>
    (await ben.get<Page>('listGallery', { roomId, kind })).list.map(({ _id }) => _id)
  await eventually(async () => {
    expect(await gallery('PHOTO')).toEqual([last._id, photo._id])
    expect(await gallery('VIDEO')).toEqual([video._id])
    expect(await gallery('FILE')).toEqual([file._id])
    expect((await search(ben, '제주도 vid', { roomId })).list).toMatchObject([{ data: video.data }])
  })
  await ann.get('deleteMessage', { roomId, messageId: last._id })
  await ann.get('hideMessage', { roomId, messageId: file._id, hidden: true })
  expect(await gallery('PHOTO')).toEqual([photo._id])
  expect(await gallery('FILE')).toEqual([])
})
