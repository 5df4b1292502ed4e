import type { Message, Room } from '@chat/contract'
import { connectAs, eventually, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// Promise 4: unread counts are exact, and the caller's own are right at once.

let stack: TestStack
let ann: PlainClient
let ben: PlainClient

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await stack?.close()
})

const makeRoom = (name: string) => ann.get<Room>('createNewRoom', { users: ['ben'], name })
const send = async (who: PlainClient, roomId: string, text: string) =>
  (
    await who.get<{ message: Message }>('sendMessage', {
      syncKey: text,
      roomId,
      data: { type: 'TEXT', content: text },
    })
  ).message
const listed = async (who: PlainClient, roomId: string) => {
  const { list } = await who.get<{ list: Room[] }>('listenRooms', {})
  return list.find((room) => room._id === roomId)
}

test('right after the ack of a send the author’s count is 0', async () => {
  const { _id } = await makeRoom('At once')
  for (let n = 0; n < 30; n++) {
    await send(ben, _id, `ben ${n}`)
    await send(ann, _id, `ann ${n}`)
    expect(await listed(ann, _id)).toMatchObject({ unReadMsgCount: 0 })
  }
})

test('the count is right at once after updateReadMessage and joinRoom, and a cursor never moves back', async () => {
  const { _id } = await makeRoom('Cursor')
  const messages: Message[] = []
  for (let n = 0; n < 10; n++) messages.push(await send(ann, _id, `${n}`))
  const read = (index: number) =>
    ben.get<{ unReadMsgCount: number }>('updateReadMessage', { roomId: _id, messageId: messages[index]?._id })
  // Others' actions may show a moment later. From here on only the caller acts, and must see it at once.
  await eventually(async () => expect(await listed(ben, _id)).toMatchObject({ lastSeq: 10 }))
  expect(await read(6)).toMatchObject({ unReadMsgCount: 3 })
  expect(await read(2)).toMatchObject({ unReadMsgCount: 3 })
  expect((await listed(ben, _id))?.unReadMsgCount).toBe(3)
  expect(await ben.get('joinRoom', _id)).toMatchObject({
    unReadMsgCount: 3,
    lastReadMessageId: messages[6]?._id,
  })
  expect((await listed(ben, _id))?.unReadMsgCount).toBe(0)
})

test('a cursor cannot move to a message that does not exist or is another room’s', async () => {
  const { _id } = await makeRoom('Mine')
  const other = await makeRoom('Other')
  const message = await send(ann, other._id, 'elsewhere')
  for (const messageId of [message._id, `${_id}-0000000009`, `${_id}-0000000000`, 'nonsense']) {
    expect(await ben.ask('updateReadMessage', { roomId: _id, messageId })).toMatchObject({
      error: 'MESSAGE_NO_EXISTS',
    })
  }
})

test('the reader’s other sockets get the moved cursor, on another gateway too', async () => {
  const { _id } = await makeRoom('Devices')
  const tablet = await connectAs(stack, 'ben', 0)
  await send(ann, _id, 'hello')
  await eventually(() => expect(tablet.shown(_id).at(-1)).toMatchObject({ _id, unReadMsgCount: 1 }))
  await ben.get('joinRoom', _id)
  await eventually(() => expect(tablet.shown(_id).at(-1)).toMatchObject({ _id, unReadMsgCount: 0 }))
  tablet.close()
})

test('readers of a message are counted from the cursors', async () => {
  const { _id } = await makeRoom('Readers')
  const message = await send(ann, _id, 'who has read this?')
  expect(message.unReadUserCount).toBe(1)
  const page = async () =>
    (await ann.get<{ list: Message[] }>('listenMessagesByRoom', { roomId: _id })).list[0]
  expect(await page()).toMatchObject({ unReadUserCount: 1 })
  await ben.get('updateReadMessage', { roomId: _id, messageId: message._id })
  expect(await page()).toMatchObject({ unReadUserCount: 0 })
})

test('someone invited later starts with everything read', async () => {
  const room = await ann.get<Room>('createNewRoom', {
    users: ['ben'],
    name: 'Newcomer',
    rules: { canInviteMemebrs: true },
  })
  await send(ann, room._id, 'before')
  const invited = await stack.post('/chat/inviteUsers', {
    roomId: room._id,
    inviterId: 'ann',
    joinUsers: [{ _id: 'cho', nickName: 'Cho' }],
  })
  expect(invited).toMatchObject({ status: 200, body: { memberCount: 3 } })
  const cho = await connectAs(stack, 'cho', 1)
  await eventually(async () =>
    expect(await listed(cho, room._id)).toMatchObject({ unReadMsgCount: 0, lastSeq: 1 }),
  )
  await send(ben, room._id, 'after')
  await eventually(() => expect(cho.shown(room._id).at(-1)).toMatchObject({ unReadMsgCount: 1 }))
  cho.close()
})

test('a message sent right after its room was made is shown, even if the room was being read', async () => {
  for (let n = 0; n < 30; n++) {
    const { _id } = await makeRoom(`Fresh ${n}`)
    const tablet = await connectAs(stack, 'ben', 0)
    await send(ann, _id, 'at once')
    await eventually(() => expect(tablet.shown(_id).at(-1)).toMatchObject({ _id, unReadMsgCount: 1 }))
    tablet.close()
  }
}, 60_000)

test('sending reads the earlier messages, and those who have the room open receive an event', async () => {
  const { _id } = await makeRoom('By sending')
  await ann.get('joinRoom', _id)
  await send(ann, _id, 'one')
  await send(ann, _id, 'two')
  const { _id: lastReadMessageId } = await send(ben, _id, 'three')
  const told = { userId: 'ben', lastReadMessageId, fromSeq: 0, seq: 3 }
  // Two instances that handle an author's messages out of order may publish these events, too.
  const ofBen = () => ann.payloads<typeof told>(`readMessage_${_id}`).filter(({ userId }) => userId === 'ben')
  await eventually(() => expect(ofBen()).toEqual([told]))
})

test('a list never shows a lastSeq without its lastMessage', async () => {
  const { _id } = await makeRoom('In step')
  for (let n = 0; n < 5; n++) {
    await send(ann, _id, `${n}`)
    const room = await listed(ann, _id)
    expect(room?.lastMessage?.seq ?? 0).toBe(room?.lastSeq)
  }
})

test('an empty room has no more pages, and a keyword may contain any character', async () => {
  const { _id } = await makeRoom('Empty \u0000 room')
  const page = await ann.get('listenMessagesByRoom', { roomId: _id, lastMessageId: null, count: 10 })
  expect(page).toEqual({ list: [], hasMoreBefore: false, hasMoreAfter: false })
  const { list } = await ann.get<{ list: Room[] }>('queryRooms', { keyword: '\u0000 room' })
  expect(list.map((room) => room._id)).toEqual([_id])
})
