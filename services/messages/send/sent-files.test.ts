import type { Input, Message, Room } from '@chat/contract'
import type { Bus } from '@chat/service'
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

// Requests of the files service on behalf of members.

let stack: TestStack
let bus: Bus
let ann: PlainClient
let ben: PlainClient
let room: Room
let roomId: string

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, messages: 2 } })
  bus = await openTestBus(stack)
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
})
afterAll(async () => {
  for (const client of [ann, ben]) client?.close()
  await bus?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
  roomId = room._id
})

const caller = (userId: string) => ({ userId, requestId: 'test' })
const photo = {
  name: 'sea.jpg',
  path: 'path',
  size: 9,
  thumbnail: 'small',
  frameSize: { width: 4, height: 3 },
}
const sendFile = (userId: string, syncKey: string, more: Partial<Input<'postFile'>> = {}) =>
  bus
    .ask('postFile', caller(userId), { roomId, syncKey, type: 'PHOTO', file: photo, ...more })
    .then(({ message }) => message)
const mayPost = (userId: string) => bus.ask('mayPost', caller(userId), roomId)
const stored = (userId: string, syncKey: string) =>
  bus.ask('messageBySyncKey', caller(userId), { roomId, syncKey })
const setFrozen = (isFreezed: boolean) =>
  ann.get('updateRoomSetting', { roomId, updateData: { rules: { isFreezed } } })

test('a file is a numbered message, is delivered, and counts as unread', async () => {
  await ann.get('joinRoom', roomId)
  await sendText(ann, roomId, 'look')
  const message = await sendFile('ben', 'k')
  expect(message).toMatchObject({
    seq: 2,
    syncKey: 'k',
    author: { authorId: 'ben' },
    data: { type: 'PHOTO', content: { files: [photo] } },
    unReadUserCount: 1,
  })
  await eventually(() => expect(ann.payloads<Message>(`listenMessage_${roomId}`)).toContainEqual(message))
})

test('one syncKey is stored once, in concurrent or repeated requests, and can be looked up', async () => {
  const first = await Promise.all([sendFile('ben', 'k'), sendFile('ben', 'k'), sendFile('ben', 'k')])
  const again = await sendFile('ben', 'k', { type: 'FILE', file: { ...photo, path: 'other' } })
  expect([...first, again]).toEqual(Array(4).fill(first[0]))
  expect(await newestPage(ann, roomId)).toMatchObject([{ _id: again._id }])
  expect(await stored('ben', 'k')).toEqual({ message: again })
  expect(await stored('ben', 'other')).toEqual({ message: null })
  expect(await stored('ann', 'k')).toEqual({ message: null })
})

test('a user who may not write cannot post a file, but gets the answer for one stored earlier', async () => {
  const message = await sendFile('ben', 'k')
  await ann.get('muteUsers', { roomId, targetUserIds: ['ben'] })
  await expect(sendFile('ben', 'new')).rejects.toMatchObject({ code: 'USER_IS_MUTED' })
  await expect(mayPost('ben')).rejects.toMatchObject({ code: 'USER_IS_MUTED' })
  expect(await mayPost('ann')).toEqual({ result: true })
  await setFrozen(true)
  for (const userId of ['ann', 'ben']) {
    const frozen = { code: 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED' }
    await expect(sendFile(userId, 'new')).rejects.toMatchObject(frozen)
    await expect(mayPost(userId)).rejects.toMatchObject(frozen)
  }
  expect(await sendFile('ben', 'k')).toEqual(message)
  expect(await stored('ben', 'k')).toEqual({ message })
  await ann.get('kickOutUsers', { roomId, targetUserIds: ['ben'] })
  for (const ask of [() => sendFile('ben', 'k'), () => mayPost('ben'), () => stored('ben', 'k')])
    await expect(ask()).rejects.toMatchObject({ code: 'ROOM_NO_EXISTS' })
})

test('a share has the same files, and a deleted message has none', async () => {
  const target = await makeRoom(ann, ['ben'])
  const message = await sendFile('ann', 'k')
  const sharing = { roomId, messageId: message._id, targetRoomIds: [target._id], syncKey: 's' }
  await ann.get('shareMessage', sharing)
  await ann.get('deleteMessage', { roomId, messageId: message._id })
  expect(await newestPage(ann, target._id)).toMatchObject([{ data: message.data }])
  expect(await newestPage(ann, roomId)).toMatchObject([{ data: { type: 'PHOTO', content: {} } }])
})
