import { type Message, type Room, subjectsOf, type User } from '@chat/contract'
import {
  connectAs,
  eventually,
  listed,
  makeRoom,
  newestPage,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { connect } from '@nats-io/transport-node'

// What one member may see of another: canShowMemberList in every answer and event, hidden messages, blocked users.

let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let cho: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
  cho = await connectAs(stack, 'cho', 0)
  ;(await connectAs(stack, 'dae')).close()
})
afterAll(async () => {
  for (const client of [ann, ben, cho]) client?.close()
  await stack?.close()
})
const make = (rules = {}) => makeRoom(ann, ['ben', 'cho'], rules)
const ids = (users: { _id: string }[] = []) => users.map(({ _id }) => _id).sort()

describe('without canShowMemberList', () => {
  beforeEach(async () => {
    room = await make({ canShowMemberList: false, canInviteMemebrs: true })
    for (const client of [ann, ben, cho]) await client.get('joinRoom', room._id)
  })

  test('lists, answers and events show a member only themselves and masters, with the full member count', async () => {
    const invite = { roomId: room._id, targetUserIds: ['dae'] }
    const invited = await ben.get<{ room: Room }>('inviteRoom', invite)
    expect(ids(invited.room.joinUsers)).toEqual(['ann', 'ben'])
    expect(invited.room.memberCount).toBe(4)
    expect(ids((await listed(ben, room._id))?.joinUsers)).toEqual(['ann', 'ben'])
    expect(ids((await listed(ann, room._id))?.joinUsers)).toEqual(['ann', 'ben', 'cho', 'dae'])
    await eventually(() => {
      expect(cho.told('listenRoom', room._id)).toMatchObject({ _id: room._id, memberCount: 4 })
      expect(ids(cho.told('listenRoom', room._id)?.joinUsers)).toEqual(['ann', 'cho'])
    })
    const members = async (who: PlainClient, more = {}) =>
      ids((await who.get<{ list: User[] }>('listMembers', { roomId: room._id, ...more })).list)
    expect(await members(ben)).toEqual(['ann', 'ben'])
    expect(await members(ben, { keyword: 'ch' })).toEqual([])
    expect(await members(ann, { keyword: 'ch' })).toEqual(['cho'])
    await ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['dae'], ban: true })
    await ann.get('muteUsers', { roomId: room._id, targetUserIds: ['cho'] })
    expect(await members(ben, { state: 'BANNED' })).toEqual([])
    expect(await members(ben, { state: 'MUTED' })).toEqual([])
    expect(await members(ann, { state: 'BANNED' })).toEqual(['dae'])
    expect(await members(cho, { state: 'MUTED' })).toEqual(['cho'])
    const found = await ben.get<{ list: Room[] }>('queryRooms', { keyword: 'cho' })
    expect(ids(found.list)).not.toContain(room._id)
  })

  test('read events go to masters and to the reader', async () => {
    const message = await sendText(ann, room._id, 'who reads this?')
    await cho.get('updateReadMessage', { roomId: room._id, messageId: message._id })
    await ben.get('updateReadMessage', { roomId: room._id, messageId: message._id })
    const readers = (who: PlainClient) =>
      who.payloads<{ userId: string; seq: number }>(`readMessage_${room._id}`).map(({ userId }) => userId)
    await eventually(() => expect(readers(ann)).toEqual(expect.arrayContaining(['ben', 'cho'])))
    await eventually(() => expect(readers(cho)).toContain('cho'))
    expect(readers(cho)).not.toContain('ben')
    const asked = { roomId: room._id, messageId: message._id }
    const seen = await cho.get<{ read: User[]; unread: User[] }>('messageReaders', asked)
    expect({ read: ids(seen.read), unread: ids(seen.unread) }).toEqual({ read: ['cho'], unread: [] })
    const all = await ann.get<{ read: User[] }>('messageReaders', asked)
    expect(ids(all.read)).toEqual(['ben', 'cho'])
  })
})

test('only masters see a hidden message: live, in pages and as the last message', async () => {
  room = await make()
  for (const client of [ann, ben]) await client.get('joinRoom', room._id)
  const message = await sendText(ben, room._id, 'not for everyone')
  await eventually(async () => expect(await listed(cho, room._id)).toMatchObject({ unReadMsgCount: 1 }))
  await ann.get('hideMessage', { roomId: room._id, messageId: message._id, hidden: true })
  const shown = { data: { content: { text: 'not for everyone' } }, status: { hidden: true } }
  const emptied = { data: { content: {} }, status: { hidden: true }, seq: message.seq }
  const update = (who: PlainClient) => who.payloads<Message>(`updateMessage_${room._id}`).at(-1)
  await eventually(() => expect(update(ann)).toMatchObject(shown))
  await eventually(() => expect(update(ben)).toMatchObject(emptied))
  expect(update(ben)?.data).toEqual({ type: 'TEXT', content: {} })
  const page = async (who: PlainClient) => (await newestPage(who, room._id)).at(-1)
  expect(await page(ann)).toMatchObject(shown)
  expect((await page(ben))?.data).toEqual({ type: 'TEXT', content: {} })
  await eventually(async () => {
    expect((await listed(ann, room._id))?.lastMessage).toMatchObject(shown)
    expect((await listed(cho, room._id))?.lastMessage?.data).toEqual({ type: 'TEXT', content: {} })
    expect((await listed(cho, room._id))?.unReadMsgCount).toBe(0)
    const told = cho.shown(room._id).at(-1)
    expect(told).toMatchObject({ unReadMsgCount: 0, lastMessage: { data: { content: {} } } })
  })
  await ann.get('setMasters', { roomId: room._id, targetUserIds: ['ben'], master: true })
  expect(await page(ben)).toMatchObject(shown)
  await ann.get('hideMessage', { roomId: room._id, messageId: message._id, hidden: false })
  await eventually(async () => expect(await listed(cho, room._id)).toMatchObject({ unReadMsgCount: 1 }))
})

test('a last message quotes the current text of another message, and nothing of a deleted one', async () => {
  room = await makeRoom(ann, ['ben', 'cho'])
  const quoted = await sendText(ann, room._id, 'between us')
  await sendText(ben, room._id, 'agreed', { replyTo: quoted._id })
  const shown = async () => (await listed(cho, room._id))?.lastMessage?.replyTo?.text
  await eventually(async () => expect(await shown()).toBe('between us'))
  const place = { roomId: room._id, messageId: quoted._id }
  await ann.get('editMessage', { ...place, text: 'between the two of us' })
  await eventually(async () => expect(await shown()).toBe('between the two of us'))
  await ann.get('hideMessage', { ...place, hidden: true })
  await eventually(async () => expect(await shown()).toBe(''))
  await eventually(() => {
    const told = cho.shown(room._id).at(-1)
    expect(told?.lastMessage?.replyTo?.text).toBe('')
  })
})

test('a reply sent while the quoted message is deleted shows nothing of it, in lists and in events', async () => {
  for (let n = 0; n < 12; n++) {
    room = await makeRoom(ann, ['ben', 'cho'])
    await cho.get('joinRoom', room._id)
    const quoted = await sendText(ben, room._id, 'secret')
    const place = { roomId: room._id, messageId: quoted._id }
    const going = n % 2 ? ben.get('deleteMessage', place) : ann.get('hideMessage', { ...place, hidden: true })
    const [reply] = await Promise.all([sendText(ann, room._id, 'yes', { replyTo: quoted._id }), going])
    const told = () => cho.shown(room._id)
    await eventually(async () => {
      const last = await listed(cho, room._id)
      expect(last?.lastMessage).toMatchObject({ _id: reply._id, replyTo: { text: '' } })
      expect(told().at(-1)?.lastMessage).toMatchObject({ _id: reply._id, replyTo: { text: '' } })
    })
    // Earlier events may still show it; later ones do not.
    const count = told().length
    await ben.get('updateReadMessage', { roomId: room._id, messageId: reply._id })
    await cho.get('roomAlarmTurnOnOff', { roomId: room._id })
    await eventually(() => expect(told().length).toBeGreaterThan(count))
    expect(JSON.stringify(told().slice(count - 1))).not.toContain('secret')
  }
}, 60_000)

test('a late event of a reply does not bring back the deleted message that it quotes', async () => {
  room = await makeRoom(ann, ['ben', 'cho'])
  const quoted = await sendText(ben, room._id, 'secret')
  const reply = await sendText(ann, room._id, 'yes', { replyTo: quoted._id })
  await ben.get('deleteMessage', { roomId: room._id, messageId: quoted._id })
  const told = () => cho.shown(room._id)
  await eventually(() => {
    expect(told().at(-1)?.lastMessage).toMatchObject({ _id: reply._id, replyTo: { text: '' } })
  })
  const count = told().length
  expect(reply.replyTo?.text).toBe('secret')
  const nats = await connect({ servers: new URL(stack.natsUrl).host })
  const late = { lastSeq: reply.seq, lastMessage: reply, cursors: [] }
  nats.publish(subjectsOf(stack.root).roomEvent(room._id, 'news'), JSON.stringify(late))
  await nats.flush()
  await nats.close()
  await eventually(() => expect(told().length).toBeGreaterThan(count))
  expect(JSON.stringify(told().slice(count))).not.toContain('secret')
})

test('the last message shows how many members have not read it', async () => {
  room = await makeRoom(ann, ['ben', 'cho'])
  const message = await sendText(ann, room._id, 'read me')
  await eventually(async () =>
    expect((await listed(ann, room._id))?.lastMessage).toMatchObject({ seq: 1, unReadUserCount: 2 }),
  )
  await ben.get('updateReadMessage', { roomId: room._id, messageId: message._id })
  expect((await listed(ann, room._id))?.lastMessage).toMatchObject({ seq: 1, unReadUserCount: 1 })
  await cho.get('joinRoom', room._id)
  expect((await listed(ann, room._id))?.lastMessage).toMatchObject({ seq: 1, unReadUserCount: 0 })
})

test('the caller’s own deletion changes the count at once, and the last message is the emptied one', async () => {
  room = await make()
  for (let n = 0; n < 5; n++) await sendText(ben, room._id, `${n}`)
  const last = await sendText(ben, room._id, 'last')
  await eventually(async () =>
    expect(await listed(ann, room._id)).toMatchObject({ unReadMsgCount: 6, lastSeq: 6 }),
  )
  await ann.get('deleteMessage', { roomId: room._id, messageId: last._id })
  const seen = await listed(ann, room._id)
  expect(seen).toMatchObject({
    unReadMsgCount: 5,
    lastSeq: 6,
    lastMessage: { seq: 6, status: { deleted: true } },
  })
  expect(seen?.lastMessage?.data.content).toEqual({})
  await eventually(() => {
    const told = cho.shown(room._id).at(-1)
    expect(told).toMatchObject({ unReadMsgCount: 5, lastMessage: { status: { deleted: true } } })
  })
})

test('a blocked user’s messages arrive marked, and they cannot invite the blocker or make a room with them', async () => {
  room = await make({ canInviteMemebrs: true })
  for (const client of [ann, ben, cho]) await client.get('joinRoom', room._id)
  await cho.get('blockUser', { userId: 'ben' })
  await cho.get('blockUser', { userId: 'ben' })
  expect(ids((await cho.get<{ list: User[] }>('listBlocked', {})).list)).toEqual(['ben'])
  await sendText(ben, room._id, 'can you hear me?')
  const heard = (who: PlainClient) => who.payloads<Message>(`listenMessage_${room._id}`).at(-1)
  await eventually(() => expect(heard(cho)).toMatchObject({ blocked: true, author: { authorId: 'ben' } }))
  await eventually(() => expect(heard(ann)).toBeDefined())
  expect(heard(ann)).not.toHaveProperty('blocked')
  expect((await newestPage(cho, room._id)).at(-1)).toMatchObject({ blocked: true })
  await eventually(async () =>
    expect((await listed(cho, room._id))?.lastMessage).toMatchObject({ blocked: true }),
  )

  expect(await ben.ask('createNewRoom', { users: ['cho'], name: 'Please' })).toMatchObject({
    error: 'WRONG_TARGET_USER_IDS',
  })
  const without = await ben.get<Room>('createNewRoom', {
    users: ['cho', 'ann'],
    name: 'Without',
    rules: { canInviteMemebrs: true },
  })
  expect(ids(without.joinUsers)).toEqual(['ann', 'ben'])
  const invite = { roomId: without._id, targetUserIds: ['cho'] }
  expect(await ben.ask('inviteRoom', invite)).toMatchObject({ error: 'WRONG_TARGET_USER_IDS' })

  await cho.get('unblockUser', { userId: 'ben' })
  await sendText(ben, room._id, 'and now?')
  await eventually(() => expect(heard(cho)?.data.content.text).toBe('and now?'))
  expect(heard(cho)).not.toHaveProperty('blocked')
  expect(await ben.ask('inviteRoom', invite)).toMatchObject({ success: true })
})

test('an announcement of a message or a text reaches all, and is removed with its message', async () => {
  room = await make()
  const message = await sendText(ben, room._id, 'Meeting at noon')
  const announce = (more: object) =>
    ann.get<{ room: Room }>('setAnnouncement', { roomId: room._id, ...more }).then((answer) => answer.room)
  const pinned = {
    messageId: message._id,
    text: 'Meeting at noon',
    author: { authorId: 'ben', nickName: 'ben', profileUrl: null },
    createdAt: expect.any(String),
  }
  expect((await announce({ messageId: message._id })).announcement).toEqual(pinned)
  await eventually(() => expect(cho.told('listenRoom', room._id)?.announcement).toEqual(pinned))
  expect((await announce({ text: 'Be kind' })).announcement).toMatchObject({
    messageId: null,
    text: 'Be kind',
    author: { authorId: 'ann' },
  })
  expect((await announce({})).announcement).toBeNull()
  await announce({ messageId: message._id })
  await ben.get('deleteMessage', { roomId: room._id, messageId: message._id })
  await eventually(async () => expect((await listed(cho, room._id))?.announcement).toBeNull())
  await eventually(() => expect(cho.told('listenRoom', room._id)?.announcement).toBeNull())
})

test("an alarm belongs to one member, can be set or toggled, and applies at once and on the member's other sockets", async () => {
  room = await make()
  const tablet = await connectAs(stack, 'ben', 0)
  const toggle = (more = {}) =>
    ben.get('roomAlarmTurnOnOff', { roomId: room._id, messageId: 'stray', ...more })
  expect(await toggle()).toEqual({ result: true, alarmOn: false })
  expect(await listed(ben, room._id)).toMatchObject({ alarmOn: false })
  await eventually(() =>
    expect(tablet.shown(room._id).at(-1)).toMatchObject({
      _id: room._id,
      alarmOn: false,
    }),
  )
  expect(await toggle()).toEqual({ result: true, alarmOn: true })
  expect(await toggle({ alarmOn: true })).toEqual({ result: true, alarmOn: true })
  expect(await listed(ann, room._id)).toMatchObject({ alarmOn: true })
  tablet.close()
})
