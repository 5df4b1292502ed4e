import { type Message, messageId, type Room, subjectsOf } from '@chat/contract'
import {
  connectAs,
  eventually,
  listed,
  newestPage,
  openDatabase,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { connect, type NatsConnection } from '@nats-io/transport-node'

// Mentions as the mentioned users see them, over two instances of each service.

let stack: TestStack
let nats: NatsConnection
let ann: PlainClient
let ben: PlainClient
let cho: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  nats = await connect({ servers: new URL(stack.natsUrl).host })
  await rename('ann', '김철수')
  await rename('ben', '민수')
  await rename('cho', '민수정')
  await rename('stranger', '지나가던사람')
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
  cho = await connectAs(stack, 'cho', 1)
})
afterAll(async () => {
  for (const client of [ann, ben, cho]) client?.close()
  await nats?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await make(['ben', 'cho'])
  // Waits until the gateways know the room: mentions from before are part of it and get no event.
  for (const client of [ben, cho])
    await eventually(() => expect(client.told('listenRoom', room._id)).toBeDefined())
})

const rename = (userId: string, nickName: string) => stack.post(`/v1/users/${userId}/token`, { nickName })
const make = (users: string[], rules: object = {}) =>
  ann.get<Room>('createNewRoom', { users, name: 'Mentions', rules: { canInviteMemebrs: true, ...rules } })
const say = (text: string, more: object = {}, who = ann) => sendText(who, room._id, text, more)
const heard = (who: PlainClient, roomId = room._id) =>
  who
    .payloads<{ roomId: string; message: Message }>('mention')
    .filter((mention) => mention.roomId === roomId)
    .map(({ message }) => message)
const place = ({ _id }: Message) => ({ roomId: room._id, messageId: _id })
const unread = async (who: PlainClient) => (await listed(who, room._id))?.unReadMentionCount
const toldCount = (who: PlainClient) => who.shown(room._id).at(-1)?.unReadMentionCount
/** Waits for a later mention, and so for every earlier event. */
const passed = async (...clients: PlainClient[]) => {
  const last = await say('passed', { mentions: ['ben', 'cho'] })
  for (const client of clients)
    await eventually(() => expect(heard(client).map(({ _id }) => _id)).toContain(last._id))
  return last
}

test.each([
  ['@민수야 어디야', {}, ['ben']],
  ['@민수정은 어디', {}, ['cho']],
  ['안녕@민수정, @민수!', {}, ['cho', 'ben']],
  ['@지나가던사람', {}, []],
  ['by id', { mentions: ['ben'] }, ['ben']],
  ['by id, and @민수정', { mentions: ['ben', 'ben'] }, ['ben', 'cho']],
  ['non-members', { mentions: ['stranger', 'nobody', '__proto__', 'cho'] }, ['cho']],
  ['nobody', { mentions: null }, []],
  ['an empty list', { mentions: [] }, []],
  ['a@b.com @', {}, []],
  ['@김철수 그 사람이 나', {}, ['ann']],
])('%s %j mentions %j', async (text, more, expected) => {
  const message = await say(text, more)
  expect(message.mentions).toEqual(expected)
  expect((await newestPage(cho, room._id)).at(-1)?.mentions).toEqual(expected)
})

test('only mentioned users get the mention, once on every device, even with the room closed', async () => {
  const tablet = await connectAs(stack, 'ben', 0)
  await cho.get('joinRoom', room._id)
  const message = await say('@민수야')
  for (const device of [ben, tablet]) {
    await eventually(() => expect(heard(device)).toHaveLength(1))
    expect(heard(device)[0]).toMatchObject({ _id: message._id, mentions: ['ben'], seq: 1 })
  }
  await eventually(() => expect([toldCount(ben), toldCount(tablet)]).toEqual([1, 1]))
  await passed(ben, cho)
  expect(heard(ben)).toHaveLength(2)
  expect(heard(cho)).toHaveLength(1)
  expect(heard(ann)).toEqual([])
  tablet.close()
})

test('authors get no mention of themselves', async () => {
  await say('@민수 나야', {}, ben)
  await passed(ben)
  expect(heard(ben)).toHaveLength(1)
})

test('the count follows reading, at once after the ack, and deletion, hiding and showing', async () => {
  const messages: Message[] = []
  for (let n = 0; n < 4; n++) messages.push(await say(`@민수 ${n}`))
  await eventually(async () => expect(await unread(ben)).toBe(4))
  await eventually(() => expect(toldCount(ben)).toBe(4))
  await ben.get('updateReadMessage', place(messages[0] as Message))
  expect(await unread(ben)).toBe(3)
  await eventually(() => expect(toldCount(ben)).toBe(3))
  await ann.get('hideMessage', { ...place(messages[1] as Message), hidden: true })
  await ann.get('deleteMessage', place(messages[2] as Message))
  expect(await unread(ben)).toBe(1)
  await eventually(() => expect(toldCount(ben)).toBe(1))
  await ann.get('hideMessage', { ...place(messages[1] as Message), hidden: false })
  expect(await unread(ben)).toBe(2)
  const again = await connectAs(stack, 'ben', 0)
  await say('not to ben')
  await eventually(() => expect([toldCount(ben), toldCount(again)]).toEqual([2, 2]))
  again.close()
  await ben.get('joinRoom', room._id)
  expect(await unread(ben)).toBe(0)
  await eventually(() => expect(toldCount(ben)).toBe(0))
  expect(await unread(cho)).toBe(0)
})

test('an edit resolves mentions again: newly mentioned users get the event, and the count follows', async () => {
  const message = await say('@민수야')
  await eventually(() => expect(heard(ben)).toHaveLength(1))
  const edit = async (text: string) =>
    (await ann.get<{ message: Message }>('editMessage', { ...place(message), text })).message.mentions
  expect(await edit('@민수정아')).toEqual(['cho'])
  await eventually(() => expect(heard(cho)).toHaveLength(1))
  expect(heard(cho)[0]).toMatchObject({ _id: message._id, data: { content: { text: '@민수정아' } } })
  await eventually(async () => expect([await unread(ben), await unread(cho)]).toEqual([0, 1]))
  await eventually(() => expect([toldCount(ben), toldCount(cho)]).toEqual([0, 1]))
  expect(await edit('@민수정아, again')).toEqual(['cho'])
  expect(await edit('nobody')).toEqual([])
  await eventually(() => expect(toldCount(cho)).toBe(0))
  await passed(ben, cho)
  expect([heard(ben).length, heard(cho).length]).toEqual([2, 2])
})

test('a user who is mentioned by id only stays mentioned when the text is edited', async () => {
  const message = await say('you know who, and @민수정', { mentions: ['ben'] })
  expect(message.mentions).toEqual(['ben', 'cho'])
  const edit = { ...place(message), text: 'you know who' }
  expect(await ann.get('editMessage', edit)).toMatchObject({ message: { mentions: ['ben'] } })
})

test('ids decide between users with one name; without ids all of them are mentioned', async () => {
  await rename('twin', '민수')
  await ann.get('inviteRoom', { roomId: room._id, targetUserIds: ['twin'] })
  expect((await say('@민수야')).mentions.sort()).toEqual(['ben', 'twin'])
  const one = await say('@민수야', { mentions: ['twin'] })
  expect(one.mentions).toEqual(['twin'])
  const edited = await ann.get('editMessage', { ...place(one), text: '@민수야, where are you?' })
  expect(edited).toMatchObject({ message: { mentions: ['twin'] } })
})

test('renamed, invited and removed members count from the ack on', async () => {
  expect((await say('@민수 @별명')).mentions).toEqual(['ben'])
  await rename('ben', '별명')
  expect((await say('@민수 @별명')).mentions).toEqual(['ben'])
  await rename('ben', '민수')
  await ann.get('inviteRoom', { roomId: room._id, targetUserIds: ['stranger'] })
  expect((await say('@지나가던사람!')).mentions).toEqual(['stranger'])
  await ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['stranger'] })
  expect((await say('@지나가던사람!', { mentions: ['stranger'] })).mentions).toEqual([])
})

test('a mention does not reach a user who has blocked its author', async () => {
  await ben.get('blockUser', { userId: 'ann' })
  const message = await say('@민수 @민수정', { mentions: ['ben'] })
  expect(message.mentions).toEqual(['cho'])
  await eventually(() => expect(heard(cho)).toHaveLength(1))
  await eventually(async () => expect(await listed(ben, room._id)).toMatchObject({ lastSeq: 1 }))
  expect(await unread(ben)).toBe(0)
  await ben.get('unblockUser', { userId: 'ann' })
  await passed(ben)
  expect(heard(ben)).toHaveLength(1)
})

test('without canShowMemberList, mentions do not reveal other members', async () => {
  room = await make(['ben', 'cho'], { canShowMemberList: false })
  expect((await say('@민수정 @김철수', { mentions: ['cho'] }, ben)).mentions).toEqual(['ann'])
  expect((await say('@민수정')).mentions).toEqual(['cho'])
})

test('messages of a platform mention users, too, the first message of a new room included', async () => {
  const post = async (data: object, more: object = {}) => {
    const author = { authorId: 'bot', nickName: 'Bot' }
    const { body } = await stack.post(`/v1/rooms/${room._id}/messages`, { author, data, ...more })
    return (body as { data: { message: Message } }).data.message.mentions
  }
  expect(await post({ type: 'ADMIN', content: { text: '@민수님이 들어왔습니다' } })).toEqual(['ben'])
  const card = { cardType: 'X', text: '@민수정' }
  expect(await post({ type: 'CARD', content: { rawData: card } }, { mentions: ['ben', 'x'] })).toEqual([
    'ben',
    'cho',
  ])
  await eventually(() => expect([heard(ben).length, heard(cho).length]).toEqual([2, 1]))
  const { body } = await stack.post('/chat/room', {
    ...{ name: 'First', roomType: 'INQUIRY', link: { sid: 'first', name: 'x' } },
    joinUsers: [
      { _id: 'ann', nickName: '김철수' },
      { _id: 'ben', nickName: '민수' },
    ],
    message: { author: { authorId: 'ann' }, data: { type: 'TEXT', content: { text: '@민수야' } } },
  })
  room = body as Room
  expect(room.lastMessage?.mentions).toEqual(['ben'])
  await eventually(() => expect(heard(ben)).toHaveLength(1))
  expect(await unread(ben)).toBe(1)
})

test('a mention does not show a message that was hidden at once', async () => {
  for (let n = 0; n < 5; n++) {
    const message = await say(`@민수 secret ${n}`)
    const before = heard(ben).length
    await ann.get('hideMessage', { ...place(message), hidden: true })
    // The mention arrives before the ack, or never.
    await ben.get('listenRooms', {})
    const known = Math.max(before, heard(ben).length)
    await passed(ben)
    const texts = heard(ben)
      .slice(known)
      .map(({ data }) => data.content.text)
    expect(texts).toEqual(['passed'])
  }
})

test('a shared copy mentions nobody', async () => {
  const message = await say('@민수야')
  const { _id } = await make(['ben'])
  const share = { ...place(message), targetRoomIds: [_id], syncKey: 'share' }
  const { messages } = await ann.get<{ messages: Message[] }>('shareMessage', share)
  expect(messages.map(({ mentions }) => mentions)).toEqual([[]])
})

test('a text without a possible mention makes no request to rooms, one with a possible mention makes one', async () => {
  await say('warm')
  const asked: string[] = []
  const subscription = nats.subscribe(`${stack.root}.rpc.rooms.>`, {
    callback: (_error, { subject }) => void asked.push(subject.split('.').at(-1) as string),
  })
  await nats.flush()
  // Each instance requests access once; the other requests come from edges.
  const ofTexts = () =>
    asked.filter((name) => !['roomAccess', 'viewRooms', 'openSession', 'listenRooms'].includes(name))
  // Often enough for either instance of messages.
  for (let n = 0; n < 6; n++) await say('plain')
  expect(ofTexts()).toEqual([])
  for (let n = 0; n < 6; n++) await say('@민수')
  await nats.flush()
  expect(ofTexts()).toEqual(Array(6).fill('resolveMentions'))
  subscription.unsubscribe()
})

describe('refused', () => {
  test.each([
    [Array.from({ length: 51 }, (_, n) => `u${n}`)],
    ['ben'],
    [[{ $ne: '' }]],
    [['']],
    [['\ud800']],
    [{ ben: true }],
  ])('mentions that are %j', async (mentions) => {
    const draft = { syncKey: 'x', roomId: room._id, data: { type: 'TEXT', content: 'x' }, mentions }
    expect(await ann.ask('sendMessage', draft)).toMatchObject({ error: 'INVALID_REQUEST' })
    expect(await newestPage(ann, room._id)).toEqual([])
  })
})

test('a user with very many mentions can connect and sees a count of at most a thousand', async () => {
  const mongo = await openDatabase(stack, 'rooms')
  const rows = Array.from({ length: 1_500 }, (_, index) => ({
    _id: `${messageId(room._id, index + 1)}:ben` as never,
    ...{ roomId: room._id, userId: 'ben', seq: index + 1, at: new Date().toISOString(), isOn: true },
  }))
  await mongo.collection('mentions').insertMany(rows)
  await mongo.collection('rooms').updateOne({ _id: room._id as never }, { $set: { lastSeq: 1_500 } })
  const again = await connectAs(stack, 'ben', 0)
  expect(await unread(again)).toBe(1_000)
  again.close()
  await mongo.close()
})

test('a mention count that arrives after the room event is delivered then', async () => {
  const { seq, updatedAt: at } = await say('no mention, as far as the store knows')
  await eventually(() => expect(ben.shown(room._id).at(-1)?.lastSeq).toBe(seq))
  const { userEvent } = subjectsOf(stack.root)
  const late = { roomId: room._id, seq, at, isOn: true, message: null }
  nats.publish(userEvent('ben', 'mention'), JSON.stringify(late))
  await eventually(() =>
    expect(ben.shown(room._id).at(-1)).toMatchObject({
      lastSeq: seq,
      unReadMentionCount: 1,
    }),
  )
})
