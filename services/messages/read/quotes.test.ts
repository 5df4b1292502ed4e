import type { Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  newestPage,
  openDatabase,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Connection } from 'mongoose'

// A reply quotes the current text of a message, and no text of a deleted or hidden one.

let stack: TestStack
let database: Connection
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  database = await openDatabase(stack)
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await database?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
})

const one = (message: Message) => ({ roomId: room._id, messageId: message._id })
const reply = (message: Message, more: object = {}) =>
  sendText(ben, room._id, 'a reply', { replyTo: message._id, ...more })
const hide = (message: Message, hidden: boolean) => ann.get('hideMessage', { ...one(message), hidden })

/** The quote's text in each answer that members can get. */
async function quotes(replied: Message) {
  const synced = await ben.get<{ list: Message[] }>('syncMessages', {
    roomId: room._id,
    afterSeq: replied.seq - 1,
  })
  const repeated = await reply(replied, { syncKey: replied.syncKey })
  const shown = [(await newestPage(ann, room._id)).at(-1), ...synced.list, repeated]
  return shown.map((message) => message?.replyTo?.text)
}

test('a quote follows edits, hiding and deletion of its message', async () => {
  const message = await sendText(ann, room._id, 'a secret')
  const replied = await reply(message)
  expect(replied.replyTo).toEqual({ messageId: message._id, author: message.author, text: 'a secret' })
  await ann.get('editMessage', { ...one(message), text: 'edited' })
  expect(await quotes(replied)).toEqual(['edited', 'edited', 'edited'])
  await hide(message, true)
  expect(await quotes(replied)).toEqual(['', '', ''])
  await hide(message, false)
  expect(await quotes(replied)).toEqual(['edited', 'edited', 'edited'])
  await ann.get('deleteMessage', one(message))
  expect(await quotes(replied)).toEqual(['', '', ''])
  const stored = await database.collection('messages').find({ roomId: room._id }).toArray()
  expect(JSON.stringify(stored)).not.toMatch(/secret|edited/)
})

test('a reply to a deleted or hidden message quotes no text', async () => {
  await ben.get('joinRoom', room._id)
  const [deleted, hidden] = [await sendText(ann, room._id, 'one'), await sendText(ann, room._id, 'two')]
  await ann.get('deleteMessage', one(deleted))
  await hide(hidden, true)
  for (const message of [deleted, hidden])
    expect((await reply(message)).replyTo).toEqual({
      messageId: message._id,
      author: message.author,
      text: '',
    })
  await eventually(() => {
    const heard = ben.payloads<Message>(`listenMessage_${room._id}`).slice(-2)
    expect(heard.map(({ replyTo }) => replyTo?.text)).toEqual(['', ''])
  })
})

test('a deleted reply quotes nothing', async () => {
  const replied = await reply(await sendText(ann, room._id, 'quoted'))
  await ben.get('deleteMessage', one(replied))
  expect((await newestPage(ann, room._id)).at(-1)).toMatchObject({ replyTo: null, status: { deleted: true } })
})

test('an announcement may quote a message that is not hidden', async () => {
  const bus = await openTestBus(stack)
  const quote = (message: Message) => bus.ask('quoteMessage', { userId: '', requestId: 'test' }, one(message))
  const message = await sendText(ann, room._id, 'news')
  expect(await quote(message)).toEqual({ author: message.author, text: 'news' })
  await hide(message, true)
  await expect(quote(message)).rejects.toMatchObject({ code: 'MESSAGE_NO_EXISTS' })
  await bus.close()
})

test('a member who resends their hidden message gets it without content, as in a page', async () => {
  const syncKey = crypto.randomUUID()
  const message = await sendText(ben, room._id, 'regretted', { syncKey })
  await hide(message, true)
  const again = await sendText(ben, room._id, 'regretted', { syncKey })
  expect(again).toEqual((await newestPage(ben, room._id)).at(-1))
  expect([again.data.content, again.status]).toEqual([{}, { deleted: false, hidden: true }])
  const masters = await sendText(ann, room._id, 'mine', { syncKey })
  await ann.get('hideMessage', { ...one(masters), hidden: true })
  expect((await sendText(ann, room._id, 'mine', { syncKey })).data.content).toEqual({ text: 'mine' })
})
