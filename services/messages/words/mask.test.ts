import type { Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  newestPage,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ config: { bannedWordsMode: 'mask' } })
  const bus = await openTestBus(stack)
  const list = { words: ['rude', '나쁜말'], allow: ['crude'] }
  await bus.ask('putBannedWords', { userId: '', requestId: 'test' }, list)
  await bus.close()
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
})
afterAll(async () => {
  for (const client of [ann, ben]) client?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
  await ann.get('joinRoom', room._id)
})

const shown = (event: string) =>
  ann.payloads<Message>(`${event}_${room._id}`).map(({ data }) => data.content.text)

test('words are masked before anyone sees them, in edits too', async () => {
  const message = await sendText(ben, room._id, 'so ＲＵＤＥ, 나쁜말 about crude oil 👍🏽')
  expect(message.data.content.text).toBe('so ****, *** about crude oil 👍🏽')
  await eventually(() => expect(shown('listenMessage')).toEqual([message.data.content.text]))
  await ben.get('editMessage', { roomId: room._id, messageId: message._id, text: 'r.u.d.e' })
  await eventually(() => expect(shown('updateMessage')).toEqual(['*.*.*.*']))
  expect(await newestPage(ann, room._id)).toMatchObject([{ data: { content: { text: '*.*.*.*' } } }])
})

test('a repeat is answered with the masked message', async () => {
  const draft = { roomId: room._id, syncKey: 'once', data: { type: 'TEXT', content: 'rude' } }
  const first = await ben.get<{ message: Message }>('sendMessage', draft)
  expect(await ben.get('sendMessage', draft)).toEqual(first)
  expect(first.message.data.content.text).toBe('****')
})
