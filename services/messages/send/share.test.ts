import type { Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  newestPage,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

// Messages posted again in other rooms: in all targets or none, once in each.

let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let cat: PlainClient
/** Ann is the master of all three rooms; ben is in the first two, cat in the targets. */
let source: Room
let target: Room
let other: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
  cat = await connectAs(stack, 'cat', 0)
})
afterAll(async () => {
  for (const client of [ann, ben, cat]) client?.close()
  await stack?.close()
})
beforeEach(async () => {
  source = await makeRoom(ann, ['ben'])
  target = await makeRoom(ann, ['ben', 'cat'])
  other = await makeRoom(ann, ['cat'])
})

const sharing = (message: Message, targets: Room[], syncKey = 'share') => ({
  roomId: message.roomId,
  messageId: message._id,
  targetRoomIds: targets.map(({ _id }) => _id),
  syncKey,
})
const share = async (who: PlainClient, message: Message, targets: Room[]) =>
  (await who.get<{ messages: Message[] }>('shareMessage', sharing(message, targets))).messages
const refusal = async (who: PlainClient, message: Message, targets: Room[], syncKey?: string) =>
  (await who.ask('shareMessage', sharing(message, targets, syncKey))).error
const setRules = (room: Room, rules: object) =>
  ann.get('updateRoomSetting', { roomId: room._id, updateData: { rules } })
const unread = async (who: PlainClient, room: Room) =>
  (await who.get<{ list: Room[] }>('listenRooms', {})).list.find(({ _id }) => _id === room._id)
    ?.unReadMsgCount

test('each target gets one copy, authored by the user who shares it', async () => {
  await cat.get('joinRoom', target._id)
  const message = await sendText(ben, source._id, 'look', { meta: { own: true } })
  const messages = await share(ann, message, [target, other, target])
  expect(messages.map(({ roomId }) => roomId)).toEqual([target._id, other._id])
  for (const copy of messages) {
    expect(copy).toMatchObject({
      author: { authorId: 'ann' },
      data: { type: 'TEXT', content: { text: 'look' } },
      replyTo: null,
      meta: null,
      syncKey: 'share',
    })
    expect(await newestPage(cat, copy.roomId)).toMatchObject([{ _id: copy._id }])
  }
  await eventually(() => expect(cat.payloads(`listenMessage_${target._id}`)).toEqual([messages[0]]))
  expect(await unread(ann, target)).toBe(0)
  await eventually(async () => expect(await unread(cat, other)).toBe(1))
})

test('a repeat answers stored copies, even if it would be refused now, and stores the missing ones', async () => {
  const message = await sendText(ann, source._id, 'again')
  const [first] = await share(ann, message, [target])
  const both = await share(ann, message, [target, other])
  expect(both[0]).toEqual(first)
  expect(
    await Promise.all([share(ann, message, [target, other]), share(ann, message, [target, other])]),
  ).toEqual([both, both])
  await ann.get('deleteMessage', { roomId: source._id, messageId: message._id })
  await setRules(target, { isFreezed: true })
  expect(await share(ann, message, [target, other])).toEqual(both)
  expect(await refusal(ann, message, [target, other], 'new')).toBe('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
  expect(await refusal(ann, message, [other], 'new')).toBe('MESSAGE_NO_EXISTS')
  expect(await newestPage(cat, other._id)).toHaveLength(1)
})

test('a refusal by one target stores no copy', async () => {
  const message = await sendText(ann, source._id, 'hello')
  expect(await refusal(ben, message, [target, other])).toBe('ROOM_NO_EXISTS')
  expect(await refusal(cat, message, [target])).toBe('ROOM_NO_EXISTS')
  await ann.get('muteUsers', { roomId: target._id, targetUserIds: ['ben'] })
  const own = await makeRoom(ben, ['cat'])
  expect(await refusal(ben, message, [own, target])).toBe('USER_IS_MUTED')
  await setRules(source, { canShareMessage: false })
  expect(await refusal(ben, message, [target])).toBe('ROOM_RULES_CAN_NOT_SHARE')
  expect(await refusal(ann, message, [target])).toBe('ROOM_RULES_CAN_NOT_SHARE')
  await setRules(target, { isFreezed: true })
  expect(await refusal(ben, message, [own, target])).toBe('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
  for (const room of [target, own]) expect(await newestPage(cat, room._id)).toEqual([])
})

test('a user who is muted in the source room may share; a hidden message cannot be shared, not even by masters', async () => {
  const message = await sendText(ann, source._id, 'hello')
  await ann.get('muteUsers', { roomId: source._id, targetUserIds: ['ben'] })
  expect(await share(ben, message, [target])).toHaveLength(1)
  await ann.get('hideMessage', { roomId: source._id, messageId: message._id, hidden: true })
  expect(await refusal(ann, message, [other])).toBe('MESSAGE_NO_EXISTS')
})
