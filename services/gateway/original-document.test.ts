import type { Message, Room } from '@chat/contract'
import { connectAs, eventually, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// A client written from the original document's examples alone: its events and payloads, with null where it has null.

let stack: TestStack
let alice: PlainClient
let bob: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  alice = await connectAs(stack, 'alice', 0)
  bob = await connectAs(stack, 'bob', 1)
})
afterAll(async () => {
  alice?.close()
  bob?.close()
  await stack?.close()
})

test('createNewRoom makes the caller master, and every member gets listenRoom', async () => {
  room = await alice.get<Room>('createNewRoom', {
    users: ['bob'],
    name: 'Lunch',
    rules: {
      canInviteMemebrs: true,
      canLeaveOutRoom: true,
      canCopyMessage: true,
      canCaptureMessage: true,
      canDeleteMessage: true,
      canShareMessage: true,
      canShowMemberList: true,
      isFreezed: false,
    },
  })
  expect(room).toMatchObject({
    name: 'Lunch',
    roomType: 'GROUP',
    memberCount: 2,
    lastMessage: null,
    unReadMsgCount: 0,
  })
  expect(room.joinUsers.map((user) => [user._id, user.master])).toEqual([
    ['alice', true],
    ['bob', false],
  ])
  await eventually(() => expect(bob.payloads<Room>('listenRoom').map((r) => r._id)).toEqual([room._id]))
})

test('listenRooms with nulls lists the room', async () => {
  const { list } = await bob.get<{ list: Room[] }>('listenRooms', { roomType: null, linkSid: null })
  expect(list.map((r) => r._id)).toEqual([room._id])
})

test('a message goes to members with the room open, and others get updateRoomLastMessage', async () => {
  expect(await alice.get('joinRoom', room._id)).toMatchObject({
    result: true,
    unReadMsgCount: 0,
    lastReadMessageId: null,
  })
  const payload = {
    syncKey: Date.now().toString(),
    roomId: room._id,
    data: { type: 'TEXT', content: '안녕하세요' },
  }
  expect(await alice.get('sendMessage', payload)).toMatchObject({ result: true })
  const [message] = await eventually(() => {
    const heard = alice.payloads<Message>(`listenMessage_${room._id}`)
    expect(heard).toHaveLength(1)
    return heard
  })
  expect(message).toMatchObject({
    seq: 1,
    syncKey: payload.syncKey,
    author: { authorId: 'alice' },
    data: { type: 'TEXT', content: { text: '안녕하세요' } },
  })
  const update = await eventually(() => {
    const last = bob.payloads<Room>('updateRoomLastMessage').at(-1)
    expect(last?.lastMessage?._id).toBe(message?._id)
    return last
  })
  expect(update?.unReadMsgCount).toBe(1)
  expect(bob.payloads(`listenMessage_${room._id}`)).toEqual([])
  await eventually(() => expect(alice.payloads<Room>('updateRoomLastMessage').at(-1)?.unReadMsgCount).toBe(0))
})

test('listenMessagesByRoom returns the newest page for null, oldest message first, and the pages before it', async () => {
  for (const n of [2, 3, 4, 5]) {
    await alice.get('sendMessage', {
      syncKey: `more-${n}`,
      roomId: room._id,
      data: { type: 'TEXT', content: `${n}` },
    })
  }
  type Page = { list: Message[]; hasMoreBefore: boolean; hasMoreAfter: boolean }
  const newest = await bob.get<Page>('listenMessagesByRoom', {
    roomId: room._id,
    lastMessageId: null,
    count: 2,
  })
  expect(newest.list.map((m) => m.seq)).toEqual([4, 5])
  expect(newest).toMatchObject({ hasMoreBefore: true, hasMoreAfter: false })
  const before = await bob.get<Page>('listenMessagesByRoom', {
    roomId: room._id,
    lastMessageId: newest.list[0]?._id,
    count: 10,
  })
  expect(before.list.map((m) => m.seq)).toEqual([1, 2, 3])
  expect(before).toMatchObject({ hasMoreBefore: false, hasMoreAfter: true })
})

test("joinRoom answers the caller's last read message and marks all as read", async () => {
  expect(await bob.get('joinRoom', room._id)).toMatchObject({
    result: true,
    unReadMsgCount: 5,
    lastReadMessageId: null,
  })
  const { list } = await bob.get<{ list: Room[] }>('listenRooms', null)
  expect(list[0]?.unReadMsgCount).toBe(0)
})

test('updateReadMessage moves the cursor, and leaveRoom closes the room on this socket', async () => {
  await bob.get('leaveRoom', room._id)
  const { message } = await alice.get<{ message: Message }>('sendMessage', {
    syncKey: 'six',
    roomId: room._id,
    data: { type: 'TEXT', content: 'six' },
  })
  await eventually(() =>
    expect(bob.payloads<Room>('updateRoomLastMessage').at(-1)).toMatchObject({
      unReadMsgCount: 1,
      lastSeq: 6,
    }),
  )
  expect(bob.payloads<Message>(`listenMessage_${room._id}`)).toEqual([])
  expect(await bob.get('updateReadMessage', { roomId: room._id, messageId: message._id })).toEqual({
    result: true,
    unReadMsgCount: 0,
  })
  await eventually(() =>
    expect(alice.payloads(`readMessage_${room._id}`).at(-1)).toMatchObject({ userId: 'bob', seq: 6 }),
  )
})

test('an event without an ack is carried out, too', async () => {
  alice.socket.emit('sendMessage', {
    syncKey: 'silent',
    roomId: room._id,
    data: { type: 'TEXT', content: 'no ack' },
  })
  await eventually(() =>
    expect(alice.payloads<Message>(`listenMessage_${room._id}`).at(-1)?.syncKey).toBe('silent'),
  )
})
