import type { Message, Room } from '@chat/contract'
import { connectAs, eventually, openDatabase, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import mongoose from 'mongoose'
import { claimKey } from './claims.ts'

// Promise 2, and one room for the same users, in concurrent requests to two instances of each service and two gateways.

let stack: TestStack
beforeAll(async () => {
  // On a slow machine a thousand concurrent requests exceed the time limit of one.
  const limits = { requestTimeoutMs: 60_000 }
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 }, limits })
})
afterAll(() => stack?.close())

const body = {
  name: 'Race',
  roomType: 'GROUP',
  joinUsers: [
    { _id: 'ann', nickName: 'Ann', master: true },
    { _id: 'ben', nickName: 'Ben' },
  ],
  link: { sid: 'race', name: 'Race' },
  message: {
    author: { authorId: 'ann', nickName: 'Ann' },
    data: { type: 'TEXT', content: { text: 'first' } },
  },
}
type Answer = {
  status: number
  body: { _id?: string; lastMessage?: Message; error?: string; data?: { roomId: string } }
}

test('one of 1,000 concurrent /chat/room with the same users and link makes the room', async () => {
  const answers: Answer[] = await Promise.all(
    Array.from({ length: 1_000 }, () => stack.post('/chat/room', body)),
  )
  const made = answers.filter((answer) => answer.status === 200)
  expect(made).toHaveLength(1)
  const roomId = made[0]?.body._id
  expect(made[0]?.body.lastMessage).toMatchObject({ seq: 1, data: { content: { text: 'first' } } })
  const refused = answers.filter((answer) => answer.status !== 200)
  expect(
    new Set(refused.map((answer) => JSON.stringify([answer.status, answer.body.error, answer.body.data]))),
  ).toEqual(new Set([JSON.stringify([500, 'ROOM_ALREADY_EXISTS', { roomId }])]))
  const ben = await connectAs(stack, 'ben')
  const { list } = await ben.get<{ list: Message[] }>('listenMessagesByRoom', { roomId })
  expect(list.map((message) => message.data.content.text)).toEqual(['first'])
  ben.close()
}, 90_000)

test('the next request for a room that a crash left incomplete finishes it', async () => {
  const mongo = await openDatabase(stack, 'rooms')
  const roomId = new mongoose.Types.ObjectId().toHexString()
  const claim = { _id: claimKey('half', ['ann', 'ben']), roomId, createdAt: new Date(Date.now() - 60_000) }
  await mongo.collection('claims').insertOne(claim as never)
  const half = { ...body, link: { sid: 'half', name: 'x' } }
  const answers: Answer[] = await Promise.all([1, 2, 3].map(() => stack.post('/chat/room', half)))
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 500, 500])
  expect(answers.find((answer) => answer.status === 200)?.body).toMatchObject({
    _id: roomId,
    lastSeq: 1,
    memberCount: 2,
  })
  await mongo.close()
})

test('a frozen room gives up its claim, and takes it again when it is unfrozen and the claim is free', async () => {
  const ann = await connectAs(stack, 'ann')
  const { body: old } = (await stack.post('/chat/room', {
    ...body,
    link: { sid: 'frozen', name: 'x' },
  })) as Answer
  const freeze = (isFreezed: boolean) =>
    ann.get('updateRoomSetting', { roomId: old._id, updateData: { rules: { isFreezed } } })
  const again = async () =>
    ((await stack.post('/chat/room', { ...body, link: { sid: 'frozen', name: 'x' } })) as Answer).body
  expect(await again()).toMatchObject({ error: 'ROOM_ALREADY_EXISTS', data: { roomId: old._id } })
  await freeze(true)
  await freeze(false)
  expect(await again()).toMatchObject({ error: 'ROOM_ALREADY_EXISTS', data: { roomId: old._id } })
  await freeze(true)
  const fresh = await again()
  expect(fresh._id).toMatch(/./)
  expect(fresh._id).not.toBe(old._id)
  ann.close()
})

test.each([[1], [2]])(
  '100 concurrent sends with one syncKey through %i gateway(s) store and deliver one message',
  async (gateways) => {
    const ann = await connectAs(stack, 'ann', 0)
    const other = await connectAs(stack, 'ann', gateways - 1)
    const ben = await connectAs(stack, 'ben', 1)
    const room = await ann.get<Room>('createNewRoom', { users: ['ben'], name: 'Once' })
    await ben.get('joinRoom', room._id)
    const payload = { syncKey: 'once', roomId: room._id, data: { type: 'TEXT', content: 'once' } }
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        (n % 2 ? ann : other).get<{ message: Message }>('sendMessage', payload),
      ),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    // Waits for a later message, and so for every earlier event.
    await ann.get('sendMessage', { ...payload, syncKey: 'last' })
    await eventually(() =>
      expect(ben.payloads<Message>(`listenMessage_${room._id}`).map((m) => m.syncKey)).toEqual([
        'once',
        'last',
      ]),
    )
    for (const client of [ann, other, ben]) client.close()
  },
)

test('with many writers through both instances there is no gap, and every member receives each message once and in order', async () => {
  const names = ['ann', 'ben', 'cho', 'dae']
  const clients = await Promise.all(names.map((name, index) => connectAs(stack, name, index % 2)))
  const [ann] = clients as [(typeof clients)[number]]
  const room = await ann.get<Room>('createNewRoom', { users: names, name: 'Busy' })
  await Promise.all(clients.map((client) => client.get('joinRoom', room._id)))
  await Promise.all(
    clients.flatMap((client, index) =>
      Array.from({ length: 100 }, (_, n) =>
        client.get('sendMessage', {
          syncKey: `${index}-${n}`,
          roomId: room._id,
          data: { type: 'TEXT', content: `${n}` },
        }),
      ),
    ),
  )
  const expected = Array.from({ length: 400 }, (_, index) => index + 1)
  for (const client of clients) {
    await eventually(() =>
      expect(client.payloads<Message>(`listenMessage_${room._id}`).map((m) => m.seq)).toEqual(expected),
    )
    client.close()
  }
}, 60_000)
