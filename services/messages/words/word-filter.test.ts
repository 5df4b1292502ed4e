import type { Envelope, Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  listed,
  makeRoom,
  newestPage,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
  testApiKey,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

let stack: TestStack
let bus: Awaited<ReturnType<typeof openTestBus>>
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { messages: 2 } })
  bus = await openTestBus(stack)
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
})
afterAll(async () => {
  for (const client of [ann, ben]) client?.close()
  await bus?.close()
  await stack?.close()
})
beforeEach(async () => {
  await call('PUT', '/v1/banned-words', { words: [] })
  room = await makeRoom(ann, ['ben'])
})

type List = { words: string[]; allow: string[] }
async function call(method: string, path: string, body?: object) {
  const response = await fetch(`${stack.platformUrl}${path}`, {
    method,
    headers: { 'chat-api-key': testApiKey, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, ...((await response.json()) as Envelope<List>) }
}
const ofRoom = () => `/v1/rooms/${room._id}/banned-words`
const draft = (text: string, more: object = {}) => ({
  ...{ roomId: room._id, syncKey: crypto.randomUUID(), data: { type: 'TEXT', content: text } },
  ...more,
})
const outcome = async (text: string, more: object = {}) =>
  (await ben.ask('sendMessage', draft(text, more))).error
const texts = async () => (await newestPage(ann, room._id)).map(({ data }) => data.content.text)

test('a list can be replaced, extended and reduced; spellings of one word count as one', async () => {
  const path = '/v1/banned-words'
  expect((await call('PUT', path, { words: ['rude', 'RUDE'], allow: ['Crude'] })).data).toEqual({
    words: ['rude'],
    allow: ['Crude'],
  })
  expect((await call('POST', path, { words: ['r u d e', '나쁜말'] })).data?.words).toEqual(['rude', '나쁜말'])
  expect((await call('POST', path, { words: [], allow: ['crude', 'c rude'] })).data?.allow).toEqual([
    'Crude',
    'c rude',
  ])
  const left = { words: ['나쁜말'], allow: ['c rude'] }
  expect((await call('DELETE', path, { words: ['Rude'], allow: ['CRUDE'] })).data).toEqual(left)
  expect((await call('GET', path)).data).toEqual(left)
  expect((await call('GET', ofRoom())).data).toEqual({ words: [], allow: [] })
})

test('concurrent changes are all kept', async () => {
  const words = Array.from({ length: 8 }, (_, index) => `word${index}`)
  await Promise.all(words.map((word) => call('POST', ofRoom(), { words: [word] })))
  expect((await call('GET', ofRoom())).data?.words.sort()).toEqual(words)
})

test.each([
  ['no words', {}],
  ['words that are not a list', { words: 'rude' }],
  ['an empty word', { words: [''] }],
  ['a word of punctuation', { words: ['!!'] }],
  ['a word with punctuation that texts are read without', { words: ['a$$'] }],
  ['invisible letters', { words: ['\u200b'] }],
  ['a lone surrogate', { words: ['\ud800'] }],
  ['a word that is too long', { words: ['x'.repeat(51)] }],
  ['an allowed word of punctuation', { words: [], allow: ['***'] }],
  [
    'words that are too long in total',
    { words: Array.from({ length: 900 }, (_, index) => `${index}${'꿻'.repeat(40)}`) },
  ],
  ['too many words', { words: Array.from({ length: 1_001 }, (_, index) => `w${index}`) }],
])('%s are refused', async (_, body) => {
  expect(await call('PUT', ofRoom(), body)).toMatchObject({ status: 400, error: 'INVALID_REQUEST' })
  expect((await call('GET', ofRoom())).data).toEqual({ words: [], allow: [] })
})

test('a full list accepts no more words', async () => {
  const words = Array.from({ length: 1_000 }, (_, index) => `w${index}`)
  expect((await call('PUT', ofRoom(), { words })).status).toBe(200)
  expect(await call('POST', ofRoom(), { words: ['more'] })).toMatchObject({ error: 'INVALID_REQUEST' })
  expect(await call('POST', ofRoom(), { words: ['W7'] })).toMatchObject({ status: 200 })
})

test('an unknown room has no list, and a request needs an API key', async () => {
  for (const method of ['GET', 'PUT', 'POST', 'DELETE'])
    expect(
      await call(
        method,
        '/v1/rooms/nowhere/banned-words',
        method === 'GET' ? undefined : { words: ['rude'] },
      ),
    ).toMatchObject({ status: 404, error: 'ROOM_NO_EXISTS' })
  expect((await fetch(`${stack.platformUrl}/v1/banned-words`)).status).toBe(401)
})

test('clients can neither read nor change the lists', async () => {
  for (const event of ['putBannedWords', 'listBannedWords'])
    expect((await ann.ask(event, { words: ['rude'] })).error).toBe('INVALID_REQUEST')
})

test('after the answer no instance accepts the word', async () => {
  await ann.get('joinRoom', room._id)
  expect(await outcome('rude')).toBeNull()
  await call('PUT', '/v1/banned-words', { words: ['rude', '나쁜말'], allow: ['crude'] })
  const bad = [
    'you are RUDE',
    'r\u200bu d.e',
    'ｒｕｄｅ',
    '나 쁜 말',
    'ㄴㅏㅃㅡㄴㅁㅏㄹ',
    '나쁜말'.normalize('NFD'),
  ]
  const good = ['crude oil', '나쁜 사람의 말']
  // Often enough to reach each instance.
  for (const text of [...bad, ...bad, ...bad]) expect(await outcome(text)).toBe('MESSAGE_HAS_BANNED_WORD')
  for (const text of good) expect(await outcome(text)).toBeNull()
  await call('DELETE', '/v1/banned-words', { words: ['rude'] })
  for (let times = 0; times < 6; times++) expect(await outcome('rude')).toBeNull()
  const said = ['rude', ...good, ...Array(6).fill('rude')]
  expect(await texts()).toEqual(said)
  await eventually(() =>
    expect(ann.payloads<Message>(`listenMessage_${room._id}`).map(({ data }) => data.content.text)).toEqual(
      said,
    ),
  )
})

test("a room's own banned and allowed words apply there, besides the global ones", async () => {
  const other = await makeRoom(ann, ['ben'])
  await call('PUT', '/v1/banned-words', { words: ['rude'] })
  await call('PUT', ofRoom(), { words: ['boring'], allow: ['crude'] })
  const elsewhere = { roomId: other._id }
  for (let times = 0; times < 4; times++) {
    expect(await outcome('boring')).toBe('MESSAGE_HAS_BANNED_WORD')
    expect(await outcome('boring', elsewhere)).toBeNull()
    expect(await outcome('crude')).toBeNull()
    expect(await outcome('crude', elsewhere)).toBe('MESSAGE_HAS_BANNED_WORD')
  }
})

test('words are checked last, and a stored message is answered', async () => {
  const said = draft('rude')
  const { message } = await ben.get<{ message: Message }>('sendMessage', said)
  await call('PUT', '/v1/banned-words', { words: ['rude'] })
  expect(await ben.get('sendMessage', said)).toMatchObject({ message: { _id: message._id } })
  expect(await outcome('rude'.padEnd(5_000))).toBe('MESSAGE_TOO_LONG')
  expect(await outcome('rude', { replyTo: 'nothing' })).toBe('MESSAGE_NO_EXISTS')
  await ann.get('muteUsers', { roomId: room._id, targetUserIds: ['ben'] })
  expect(await outcome('rude')).toBe('USER_IS_MUTED')
})

test('edits and shares with a banned word are refused', async () => {
  const other = await makeRoom(ben, ['ann'])
  const polite = await sendText(ben, room._id, 'polite')
  const rude = await sendText(ben, room._id, 'rude')
  await call('PUT', '/v1/banned-words', { words: ['rude'] })
  const edit = (messageId: string, text: string) =>
    ben.ask('editMessage', { roomId: room._id, messageId, text })
  expect((await edit(polite._id, 'rude')).error).toBe('MESSAGE_HAS_BANNED_WORD')
  expect((await edit(rude._id, 'better')).error).toBeNull()
  expect((await ann.ask('editMessage', { roomId: room._id, messageId: rude._id, text: 'rude' })).error).toBe(
    'FORBIDDEN',
  )
  expect(await texts()).toEqual(['polite', 'better'])
  const share = (messageId: string) =>
    ben.ask('shareMessage', {
      ...{ roomId: room._id, messageId, targetRoomIds: [other._id], syncKey: crypto.randomUUID() },
    })
  await call('PUT', `/v1/rooms/${other._id}/banned-words`, { words: ['better'] })
  expect((await share(rude._id)).error).toBe('MESSAGE_HAS_BANNED_WORD')
  expect((await share(polite._id)).error).toBeNull()
  expect((await newestPage(ann, other._id)).map(({ data }) => data.content.text)).toEqual(['polite'])
})

test('an announcement with a banned word is refused', async () => {
  const rude = await sendText(ben, room._id, 'rude')
  await call('PUT', '/v1/banned-words', { words: ['rude'] })
  const announce = (more: object, who = ann) => who.ask('setAnnouncement', { roomId: room._id, ...more })
  expect((await announce({ text: 'do not be r u d e' })).error).toBe('MESSAGE_HAS_BANNED_WORD')
  expect((await announce({ text: 'rude', messageId: rude._id })).error).toBe('MESSAGE_HAS_BANNED_WORD')
  expect((await announce({ text: 'rude' }, ben)).error).toBe('USER_IS_NOT_MASTER')
  expect((await listed(ben, room._id))?.announcement).toBeNull()
  // An announcement may refer to a message that is in the room already.
  expect((await announce({ messageId: rude._id })).error).toBeNull()
  expect((await announce({ text: 'be polite' })).error).toBeNull()
  expect((await listed(ann, room._id))?.announcement).toMatchObject({ text: 'be polite' })
})

test('platforms may use any words in notices and cards, but not in texts of a user', async () => {
  await call('PUT', '/v1/banned-words', { words: ['rude'] })
  const post = async (type: string, content: object) =>
    (
      await stack.post(`/v1/rooms/${room._id}/messages`, {
        author: { authorId: 'ben' },
        data: { type, content },
      })
    ).status
  expect(await post('ADMIN', { text: 'do not be rude' })).toBe(201)
  expect(await post('CARD', { rawData: { cardType: 'NOTICE', text: 'do not be rude' } })).toBe(201)
  expect(await post('TEXT', { text: 'rude' })).toBe(422)
})

test('banned words in file names are masked, not refused', async () => {
  await call('PUT', '/v1/banned-words', { words: ['rude'] })
  const file = { name: 'how rude!.pdf', path: 'p', size: 1 }
  const caller = { userId: 'ben', requestId: 'test' }
  const posted = { roomId: room._id, syncKey: 'file', type: 'FILE' as const, file }
  const { message } = await bus.ask('postFile', caller, posted)
  expect(message.data.content.files).toEqual([{ ...file, name: 'how ****!.pdf' }])
  expect(await newestPage(ann, room._id)).toMatchObject([{ data: message.data }])
})
