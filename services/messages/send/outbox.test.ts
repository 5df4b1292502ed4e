import { changeId, type Message, messageId, type Room, subjectsOf } from '@chat/contract'
import {
  connectAs,
  enterDeadWriter,
  eventually,
  openDatabase,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node'
import type mongoose from 'mongoose'

// Promise 1 when instances die halfway: every stored message is delivered once and in order.

let stack: TestStack
let nats: NatsConnection
let mongo: mongoose.Connection
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack()
  nats = await connect({ servers: new URL(stack.natsUrl).host })
  mongo = await openDatabase(stack, 'messages')
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await nats?.close()
  await mongo?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await ann.get<Room>('createNewRoom', { users: ['ben'], name: 'Outbox' })
  await ben.get('joinRoom', room._id)
  await send('one')
  await eventually(() => expect(heard()).toEqual([1]))
})

const send = (text: string) =>
  ann.get<{ message: Message }>('sendMessage', {
    syncKey: text,
    roomId: room._id,
    data: { type: 'TEXT', content: text },
  })
const shown = () => ben.shown(room._id).at(-1)
const heard = () => ben.payloads<Message>(`listenMessage_${room._id}`).map((message) => message.seq)

/** Stores messages like an instance that dies before it publishes them. */
async function storeOnly(...seqs: number[]) {
  const storedAt = await enterDeadWriter(mongo)
  const [sample] = await mongo.collection('messages').find({ roomId: room._id }).toArray()
  const docs = seqs.map((seq) => ({
    ...sample,
    _id: messageId(room._id, seq),
    seq,
    syncKey: `stored-${seq}`,
    createdAt: new Date(),
    storedAt,
  }))
  await mongo.collection('messages').insertMany(docs as never[])
}

/** The same for changes: deletes `seqs` in this order. */
async function deleteOnly(...seqs: number[]) {
  const storedAt = await enterDeadWriter(mongo)
  for (const [index, seq] of seqs.entries()) {
    const _id = messageId(room._id, seq) as never
    const now = new Date()
    await mongo
      .collection('messages')
      .updateOne(
        { _id },
        { $set: { 'data.content': {}, status: { deleted: true, hidden: false }, updatedAt: now } },
      )
    await mongo.collection('changes').insertOne({
      _id: changeId(room._id, index + 1) as never,
      roomId: room._id,
      change: index + 1,
      messageId: _id,
      seq,
      by: 'ann',
      kind: 'delete',
      createdAt: now,
      storedAt,
    })
  }
}
const updated = () => ben.payloads<Message>(`updateMessage_${room._id}`).map((message) => message.seq)
const remove = (seq: number) =>
  ann.get('deleteMessage', { roomId: room._id, messageId: messageId(room._id, seq) })

/** Publishes a message to the current subscribers. */
async function tell(seq: number) {
  const { list } = await ben.get<{ list: Message[] }>('syncMessages', {
    roomId: room._id,
    afterSeq: seq - 1,
    limit: 1,
  })
  nats.publish(subjectsOf(stack.root).roomEvent(room._id, 'message'), JSON.stringify(list[0]))
}

test('a gateway that misses an event fetches it before it delivers the next', async () => {
  await storeOnly(2, 3, 4)
  await tell(4)
  await eventually(() => expect(heard()).toEqual([1, 2, 3, 4]))
})

test('repeated and late events are delivered once and in order', async () => {
  await storeOnly(2, 3)
  for (const seq of [3, 2, 3, 1, 2]) await tell(seq)
  await send('four')
  await eventually(() => expect(heard()).toEqual([1, 2, 3, 4]))
})

test('messages that another instance stored but did not publish are delivered before the next message', async () => {
  await storeOnly(2, 3)
  const { message } = await send('four')
  expect(message.seq).toBe(4)
  await eventually(() => expect(heard()).toEqual([1, 2, 3, 4]))
  await eventually(() => expect(shown()).toMatchObject({ lastSeq: 4 }))
})

test('a repeated syncKey is answered with the stored message, which open rooms hear', async () => {
  await storeOnly(2)
  const { message } = await send('stored-2')
  expect(message.seq).toBe(2)
  await eventually(() => expect(heard()).toEqual([1, 2]))
})

test('a message that is sent again is found, whoever failed to index it', async () => {
  const [sample] = await mongo.collection('messages').find({ roomId: room._id }).toArray()
  const own = { _id: messageId(room._id, 2) as never, seq: 2, syncKey: 'unindexed', storedAt: new Date() }
  const data = { type: 'TEXT', content: { text: `quince ${room._id}` } }
  await mongo.collection('messages').insertOne({ ...sample, ...own, data, createdAt: new Date() })
  expect((await send('unindexed')).message.seq).toBe(2)
  const page = () => ben.get<{ list: Message[] }>('searchMessages', { keyword: `quince ${room._id}` })
  await eventually(async () => expect((await page()).list.map(({ seq }) => seq)).toEqual([2]))
})

test('a syncKey of long ago is answered with its message, and nothing is published', async () => {
  const [{ _id }] = (await mongo.collection('messages').find({ roomId: room._id }).toArray()) as [
    { _id: never },
  ]
  const longAgo = new Date('2026-01-01')
  await mongo.collection('messages').updateOne({ _id }, { $set: { createdAt: longAgo, storedAt: longAgo } })
  const publish = jest.fn<(error: Error | null, message: Msg) => void>()
  nats.subscribe(subjectsOf(stack.root).roomEvent(room._id, 'message'), { callback: publish })
  await nats.flush()
  expect((await send('one')).message).toMatchObject({ seq: 1, createdAt: longAgo.toISOString() })
  await send('two')
  await eventually(() => expect(publish).toHaveBeenCalled())
  expect(publish.mock.calls.map(([, message]) => message.json<Message>().seq)).toEqual([2])
})

test('what a dead instance stored and did not publish is published, with nobody touching the room', async () => {
  await storeOnly(2)
  await deleteOnly(1)
  await eventually(() => expect([heard(), updated()]).toEqual([[1, 2], [1]]))
})

test('changes that a dead instance stored and did not publish are delivered in order', async () => {
  for (const text of ['two', 'three']) await send(text)
  await deleteOnly(2, 1)
  await remove(3)
  await eventually(() => expect(updated()).toEqual([2, 1, 3]))
  await eventually(() =>
    expect(shown()).toMatchObject({
      lastMessage: { seq: 3, status: { deleted: true } },
      unReadMsgCount: 0,
    }),
  )
})

test('a change that a dead instance stored and did not publish is heard once, also when it is asked again', async () => {
  await deleteOnly(1)
  await remove(1)
  await eventually(() => expect(updated()).toEqual([1]))
  await remove(1)
  await send('two')
  await eventually(() => expect(heard()).toEqual([1, 2]))
  expect(updated()).toEqual([1])
})

test('a socket that opens a room gets every message after its joinRoom, even if other sockets are further', async () => {
  const late = await connectAs(stack, 'ben')
  const joined = await Promise.all([
    late.get<{ lastSeq: number }>('joinRoom', room._id),
    ...[2, 3, 4, 5, 6].map((n) => send(`${n}`)),
  ])
  const { lastSeq } = joined[0]
  await eventually(() => {
    const seqs = late.payloads<Message>(`listenMessage_${room._id}`).map((message) => message.seq)
    expect(seqs.filter((seq) => seq > lastSeq)).toEqual([2, 3, 4, 5, 6].filter((seq) => seq > lastSeq))
  })
  late.close()
})

test('a stored syncKey is answered with its message even if a new message would be refused', async () => {
  const { message } = await send('kept')
  const tooLong = { syncKey: 'kept', roomId: room._id, data: { type: 'TEXT', content: 'x'.repeat(5_000) } }
  expect(await ann.get('sendMessage', tooLong)).toMatchObject({ message: { _id: message._id } })
  await ann.get('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } })
  expect(
    await ann.get('sendMessage', { ...tooLong, data: { type: 'TEXT', content: 'other' } }),
  ).toMatchObject({ message: { _id: message._id } })
  expect(await ann.ask('sendMessage', { ...tooLong, syncKey: 'new' })).toMatchObject({
    error: 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
  })
})
