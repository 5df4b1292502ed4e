import type { Input, Message, Room } from '@chat/contract'
import type { Bus } from '@chat/service'
import {
  connectAs,
  eventually,
  makeRoom,
  openTestBus,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

let stack: TestStack
let bus: Bus
let ann: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { messages: 2 } })
  bus = await openTestBus(stack)
  ann = await connectAs(stack, 'ann')
  const ben = await connectAs(stack, 'ben')
  ben.close()
})
afterAll(async () => {
  ann?.close()
  await bus?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
  await ann.get('joinRoom', room._id)
})

type Data = Input<'postMessage'>['data']
const bot = { authorId: 'bot', nickName: 'Bot' }
const post = async (data: Data, syncKey = crypto.randomUUID() as string, roomId = room._id) =>
  (await bus.ask('postMessage', { userId: '', requestId: 'test' }, { roomId, syncKey, author: bot, data }))
    .message
const card: Data = {
  type: 'CARD',
  content: {
    rawData: { cardType: 'LINK_INVITATION', text: 'Come in', buttons: [{ title: 'Go', action: 'link' }] },
  },
}

test("a card posted over HTTP has the contract's form and the author's name from the directory", async () => {
  const path = `/v1/rooms/${room._id}/messages`
  const author = { authorId: 'ann' }
  const { status, body } = await stack.post(path, { author, data: card, syncKey: 'once' })
  const { data } = body as { data: { message: Message } }
  expect([status, data.message.data, data.message.author]).toEqual([
    201,
    card,
    { authorId: 'ann', nickName: 'ann', profileUrl: null },
  ])
  expect(await stack.post(path, { author, data: card, syncKey: 'once' })).toMatchObject({ status, body })
  const wrong = [
    { author, data: { type: 'CARD', content: { text: 'no card' } } },
    { author, data: { type: 'CARD', content: { rawData: { cardType: 'X', buttons: [{ title: 'Go' }] } } } },
    { author, data: { type: 'ADMIN', content: { text: '\ud800' } } },
    { author: {}, data: card },
    { data: card },
  ]
  for (const input of wrong)
    expect(await stack.post(path, input)).toMatchObject({ status: 400, body: { error: 'INVALID_REQUEST' } })
  const nowhere = await stack.post('/v1/rooms/nowhere/messages', { author, data: card })
  expect(nowhere).toMatchObject({ status: 404, body: { error: 'ROOM_NO_EXISTS' } })
})

test('a platform posts texts, admin messages and cards', async () => {
  const texts: Data[] = [
    { type: 'TEXT', content: { text: 'hello' } },
    { type: 'ADMIN', content: { text: 'welcome' } },
  ]
  const posted: Message[] = []
  for (const data of [...texts, card]) posted.push(await post(data))
  expect(posted.map(({ data }) => data)).toEqual([...texts, card])
  // No member is the author.
  expect(posted.map(({ unReadUserCount }) => unReadUserCount)).toEqual([2, 2, 2])
  await eventually(() => expect(ann.payloads(`listenMessage_${room._id}`)).toEqual(posted))
})

test.each<[string, Data]>([
  ['no text', { type: 'TEXT', content: {} }],
  ['an empty text', { type: 'ADMIN', content: { text: '' } }],
  ['a card of text alone', { type: 'CARD', content: { text: 'hello' } }],
])('%s is refused', async (_, data) => {
  await expect(post(data)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
})

test('long texts, frozen and unknown rooms are refused, unless the message is stored already', async () => {
  const data: Data = { type: 'TEXT', content: { text: 'hello' } }
  const first = await post(data, 'key')
  const long: Data = { type: 'ADMIN', content: { text: 'x'.repeat(4_001) } }
  await expect(post(long)).rejects.toMatchObject({ code: 'MESSAGE_TOO_LONG' })
  await expect(post(data, 'key', 'nowhere')).rejects.toMatchObject({ code: 'ROOM_NO_EXISTS' })
  await ann.get('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } })
  await expect(post(data)).rejects.toMatchObject({ code: 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED' })
  expect(await post(data, 'key')).toEqual(first)
  expect(await post(long, 'key')).toEqual(first)
})
