import type { Message, Room } from '@chat/contract'
import { connectAs, eventually, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// User ids come from outside and may have any characters except control characters. No id reaches another user's data.

const odd = [
  'a.b',
  'a b',
  '*',
  '>',
  'a.>',
  'é',
  'e\u0301',
  'x'.repeat(128),
  '🙂'.repeat(64),
  '=',
  'a:b',
  'a/b?c#d%2F',
  '$where',
  '__proto__',
  ' ',
]

let stack: TestStack
const clients = new Map<string, PlainClient>()
const client = (id: string) => clients.get(id) as PlainClient

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2 } })
  for (const [index, id] of odd.entries()) clients.set(id, await connectAs(stack, id, index % 2))
})
afterAll(async () => {
  for (const each of clients.values()) each.close()
  await stack?.close()
})

/** The members of each room. */
const people = new Map<string, string[]>()

test.each(odd.map((id, index) => [id, odd[(index + 1) % odd.length] as string]))(
  '%j and %j exchange messages',
  async (sender, hearer) => {
    const room = await client(sender).get<Room>('createNewRoom', { users: [hearer], name: '$name' })
    people.set(room._id, [sender, hearer])
    const masters = new Map(room.joinUsers.map((user) => [user._id, user.master]))
    expect(masters).toEqual(new Map([[sender, true]]).set(hearer, false))
    const hears = (event: string) =>
      client(hearer)
        .payloads<Room>(event)
        .map((payload) => payload._id)
    await eventually(() => expect(hears('listenRoom')).toContain(room._id))
    await client(hearer).get('joinRoom', room._id)
    for (const content of ['$text', '*']) {
      const data = { type: 'TEXT', content }
      await client(sender).get('sendMessage', { syncKey: content, roomId: room._id, data })
    }
    const messages = await eventually(() => {
      const heard = client(hearer).payloads<Message>(`listenMessage_${room._id}`)
      expect(heard.map((message) => message.data.content.text)).toEqual(['$text', '*'])
      return heard
    })
    expect(messages[0]?.author).toMatchObject({ authorId: sender, nickName: sender.slice(0, 100) })
    await client(hearer).get('updateReadMessage', { roomId: room._id, messageId: messages[1]?._id })
    await eventually(() => expect(hears('updateRoomLastMessage')).toContain(room._id))
  },
)

test('no user can open a room that they are not in, or gets its events', async () => {
  // The last event for every user: all earlier events come before it.
  const last = await client('a.b').get<Room>('createNewRoom', { users: odd, name: 'everybody' })
  expect(last.memberCount).toBe(odd.length)
  for (const id of odd) {
    const rooms = () =>
      client(id)
        .payloads<Room>('listenRoom')
        .map((room) => room._id)
    await eventually(() => expect(rooms()).toContain(last._id))
    const heard = client(id).heard.flatMap(({ event, payload }) => {
      const { _id, roomId } = payload as { _id?: string; roomId?: string }
      return roomId ?? event.split('_')[1] ?? _id ?? []
    })
    const own = [...people].filter(([, users]) => users.includes(id)).map(([roomId]) => roomId)
    expect(new Set(heard)).toEqual(new Set([...own, last._id]))
    const [foreign] = [...people.keys()].filter((roomId) => !own.includes(roomId))
    expect(await client(id).ask('joinRoom', foreign)).toMatchObject({ error: 'ROOM_NO_EXISTS' })
  }
})

test('ids with a meaning to the bus or the store are not rooms', async () => {
  const room = await client('a.b').get<Room>('createNewRoom', { users: ['a b'], name: 'Room' })
  const ids = [
    '*',
    '>',
    '',
    `${room._id}.`,
    `${room._id}.*`,
    `${room._id}:a`,
    `${room._id} `,
    room._id.slice(0, 8),
    '$ne',
  ]
  for (const roomId of ids) {
    const code = roomId === '' ? 'INVALID_REQUEST' : 'ROOM_NO_EXISTS'
    expect(await client('a.b').ask('joinRoom', roomId)).toMatchObject({ error: code })
    const message = { syncKey: 's', roomId, data: { type: 'TEXT', content: 'x' } }
    expect(await client('a.b').ask('sendMessage', message)).toMatchObject({ error: code })
  }
})
