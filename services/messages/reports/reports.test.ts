import type { Message, Room, User } from '@chat/contract'
import {
  connectAs,
  makeRoom,
  openDatabase,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Connection } from 'mongoose'

let stack: TestStack
let database: Connection
let ann: PlainClient
let ben: PlainClient
let cat: PlainClient
let room: Room
let message: Message

beforeAll(async () => {
  stack = await startTestStack()
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
  room = await makeRoom(ann, ['ben', 'cat'])
  message = await sendText(ben, room._id, 'rude')
})

const one = () => ({ roomId: room._id, messageId: message._id })
const report = (who: PlainClient, reason: string) => who.ask('reportMessage', { ...one(), reason })
const reports = () => database.collection('reports').find({ messageId: message._id }).toArray()

test('a report is stored once per reporter, with the message of that moment', async () => {
  for (const reason of ['spam', 'spam again'])
    expect(await report(cat, reason)).toMatchObject({ success: true, data: { result: true } })
  await Promise.all([report(ann, 'rude'), report(ann, 'rude')])
  await ben.get('editMessage', { ...one(), text: 'polite' })
  expect(await reports()).toEqual([
    expect.objectContaining({ reporterId: 'cat', reason: 'spam', roomId: room._id }),
    expect.objectContaining({ reporterId: 'ann', reason: 'rude' }),
  ])
  for (const { message } of await reports()) expect(message.data.content.text).toBe('rude')
})

test('a message that the caller cannot see can be neither reported nor asked for its readers', async () => {
  const readers = async (who: PlainClient) => (await who.ask('messageReaders', one())).error
  await ann.get('hideMessage', { ...one(), hidden: true })
  expect((await report(cat, 'rude')).error).toBe('MESSAGE_NO_EXISTS')
  expect(await readers(cat)).toBe('MESSAGE_NO_EXISTS')
  expect([(await report(ann, 'rude')).error, await readers(ann)]).toEqual([null, null])
  await ann.get('deleteMessage', one())
  expect((await report(ann, 'again')).error).toBe('MESSAGE_NO_EXISTS')
  expect(await readers(ann)).toBe('MESSAGE_NO_EXISTS')
})

test('the readers of a message are the current members except its author', async () => {
  const ids = (users: User[]) => users.map(({ _id }) => _id).sort()
  const readers = async () => {
    const { read, unread } = await ben.get<{ read: User[]; unread: User[] }>('messageReaders', one())
    return [ids(read), ids(unread)]
  }
  expect(await readers()).toEqual([[], ['ann', 'cat']])
  await cat.get('updateReadMessage', one())
  expect(await readers()).toEqual([['cat'], ['ann']])
})
