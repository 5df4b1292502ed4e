import { changeId, type Envelope, type Message, type Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  newestPage,
  openDatabase,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Connection } from 'mongoose'

// Deleting, hiding and editing: permissions, what is stored, and what each member sees.

let stack: TestStack
let database: Connection
/** The master, and two members on different gateways. */
let ann: PlainClient
let ben: PlainClient
let cat: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  database = await openDatabase(stack)
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
  cat = await connectAs(stack, 'cat', 0)
})
afterAll(async () => {
  for (const client of [ann, ben, cat]) client?.close()
  await database?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben', 'cat'])
  for (const client of [ann, ben, cat]) await client.get('joinRoom', room._id)
})

const on = (message: Message, more: object = {}) => ({
  roomId: message.roomId,
  messageId: message._id,
  ...more,
})
const updates = (who: PlainClient) => who.payloads<Message>(`updateMessage_${room._id}`)
const lastUpdate = (who: PlainClient) =>
  eventually(() => {
    const update = updates(who).at(-1)
    if (!update) throw new Error('nothing was updated')
    return update
  })
const setRules = (rules: object) => ann.get('updateRoomSetting', { roomId: room._id, updateData: { rules } })
const refused = async (asked: Promise<Envelope<never>>) => (await asked).error
const unread = async (who: PlainClient) =>
  (await who.get<{ list: Room[] }>('listenRooms', {})).list.find(({ _id }) => _id === room._id)
    ?.unReadMsgCount
const stored = (message: Message) => database.collection('messages').findOne({ _id: message._id as never })
const changesOf = (message: Message) =>
  database.collection('changes').find({ messageId: message._id }).sort({ _id: 1 }).toArray()

test('a deleted message keeps its seq without content, and its text is erased everywhere', async () => {
  const message = await sendText(ben, room._id, 'a secret', { meta: { secret: 1 } })
  await ben.get('editMessage', on(message, { text: 'another secret' }))
  expect(await ben.get('deleteMessage', on(message))).toEqual({ result: true })
  const emptied = {
    _id: message._id,
    seq: 1,
    data: { type: 'TEXT', content: {} },
    meta: null,
    status: { deleted: true, hidden: false },
    unReadUserCount: 0,
  }
  for (const who of [ann, ben, cat]) {
    expect(await newestPage(who, room._id)).toEqual([expect.objectContaining(emptied)])
    await eventually(async () => expect(updates(who)).toHaveLength(2))
    expect(updates(who)[1]).toMatchObject(emptied)
  }
  expect(JSON.stringify([await stored(message), await changesOf(message)])).not.toContain('secret')
  expect((await changesOf(message)).map(({ kind, by }) => [kind, by])).toEqual([
    ['edit', 'ben'],
    ['delete', 'ben'],
  ])
})

test('members delete their own messages if the rules allow it; masters delete any', async () => {
  const message = await sendText(ben, room._id, 'mine')
  expect(await refused(cat.ask('deleteMessage', on(message)))).toBe('FORBIDDEN')
  await setRules({ canDeleteMessage: false })
  expect(await refused(ben.ask('deleteMessage', on(message)))).toBe('ROOM_RULES_CAN_NOT_DELETE')
  await ann.get('deleteMessage', on(message))
  expect(await ann.get('deleteMessage', on(message))).toEqual({ result: true })
  expect(await changesOf(message)).toHaveLength(1)
})

test('a room that the caller is not in is unknown, and so is a message of another room', async () => {
  const dan = await connectAs(stack, 'dan')
  const message = await sendText(ben, room._id, 'here')
  const elsewhere = await makeRoom(ann, ['cat'])
  for (const [event, more] of Object.entries({
    deleteMessage: {},
    hideMessage: { hidden: true },
    editMessage: { text: 'x' },
    messageReaders: {},
    reportMessage: { reason: 'x' },
  })) {
    expect(await refused(dan.ask(event, on(message, more)))).toBe('ROOM_NO_EXISTS')
    const inOtherRoom = { ...on(message, more), roomId: elsewhere._id }
    expect(await refused(ann.ask(event, inOtherRoom))).toBe('MESSAGE_NO_EXISTS')
    const unknown = { ...on(message, more), messageId: `${room._id}-0000000099` }
    expect(await refused(ann.ask(event, unknown))).toBe('MESSAGE_NO_EXISTS')
  }
  dan.close()
})

test('only masters get a hidden message, in every answer and event, until it is shown again', async () => {
  const message = await sendText(ben, room._id, 'rude')
  expect(await refused(ben.ask('hideMessage', on(message, { hidden: true })))).toBe('USER_IS_NOT_MASTER')
  expect(await ann.get('hideMessage', on(message, { hidden: true }))).toEqual({ result: true })
  await ann.get('hideMessage', on(message, { hidden: true }))
  expect(await changesOf(message)).toHaveLength(1)

  const messageSync = { roomId: room._id, afterSeq: 0, afterChange: 0 }
  for (const [who, content] of [
    [ann, { text: 'rude' }],
    [ben, {}],
    [cat, {}],
  ] as const) {
    const seen = { data: { type: 'TEXT', content }, status: { deleted: false, hidden: true } }
    expect(await newestPage(who, room._id)).toEqual([expect.objectContaining(seen)])
    expect(await who.get('syncMessages', messageSync)).toMatchObject({ list: [seen], changed: [seen] })
    expect(await lastUpdate(who)).toMatchObject(seen)
  }
  await ann.get('hideMessage', on(message, { hidden: false }))
  for (const who of [ann, ben, cat])
    await eventually(() =>
      expect(updates(who).at(-1)).toMatchObject({ data: message.data, status: { hidden: false } }),
    )
})

test('deleted and hidden messages do not count as unread, for the caller at once', async () => {
  const messages: Message[] = []
  for (const text of ['one', 'two', 'three', 'four']) messages.push(await sendText(ben, room._id, text))
  await eventually(async () => expect(await unread(ann)).toBe(4))
  await ann.get('hideMessage', on(messages[1] as Message, { hidden: true }))
  expect(await unread(ann)).toBe(3)
  await ann.get('deleteMessage', on(messages[2] as Message))
  expect(await unread(ann)).toBe(2)
  await ann.get('hideMessage', on(messages[1] as Message, { hidden: false }))
  expect(await unread(ann)).toBe(3)
  await eventually(async () => expect(await unread(cat)).toBe(3))
})

test('every member gets an edit, and the earlier texts are kept', async () => {
  const message = await sendText(ben, room._id, 'tpyo')
  await cat.get('updateReadMessage', on(message))
  const { message: edited } = await ben.get<{ message: Message }>(
    'editMessage',
    on(message, { text: 'typo' }),
  )
  expect(edited).toMatchObject({ _id: message._id, data: { content: { text: 'typo' } }, unReadUserCount: 1 })
  expect(edited.updatedAt > message.updatedAt).toBe(true)
  await ben.get('editMessage', on(message, { text: 'typo' }))
  await ben.get('editMessage', on(message, { text: 'typos' }))
  expect((await changesOf(message)).map(({ text }) => text)).toEqual(['tpyo', 'typo'])
  for (const who of [ann, ben, cat]) {
    await eventually(() => expect(updates(who).map(textOf)).toEqual(['typo', 'typos']))
    expect((await newestPage(who, room._id)).map(textOf)).toEqual(['typos'])
  }
  await eventually(async () => {
    const { list } = await cat.get<{ list: Room[] }>('listenRooms', {})
    expect(list.find(({ _id }) => _id === room._id)?.lastMessage).toMatchObject({
      data: edited.data && { content: { text: 'typos' } },
    })
  })
})

const textOf = (message: Message) => message.data.content.text

test("only the author's own text messages can be edited, while present and within the limit", async () => {
  const message = await sendText(ben, room._id, 'mine')
  const edit = (who: PlainClient, text = 'x') => refused(who.ask('editMessage', on(message, { text })))
  expect(await edit(ann)).toBe('FORBIDDEN')
  expect(await edit(ben, 'x'.repeat(4_001))).toBe('MESSAGE_TOO_LONG')
  await ann.get('hideMessage', on(message, { hidden: true }))
  expect(await edit(ben)).toBe('MESSAGE_NO_EXISTS')
  await ann.get('deleteMessage', on(message))
  expect(await edit(ben)).toBe('MESSAGE_NO_EXISTS')
  expect(await edit(ann)).toBe('MESSAGE_NO_EXISTS')
  expect(await refused(ann.ask('hideMessage', on(message, { hidden: true })))).toBe('MESSAGE_NO_EXISTS')
})

test('frozen rooms and muted members refuse edits, but allow hiding and deletion', async () => {
  const [one, two] = [await sendText(ben, room._id, 'one'), await sendText(ben, room._id, 'two')]
  await ann.get('muteUsers', { roomId: room._id, targetUserIds: ['ben'] })
  const editing = () => refused(ben.ask('editMessage', on(one, { text: 'x' })))
  expect(await editing()).toBe('USER_IS_MUTED')
  await setRules({ isFreezed: true })
  expect(await editing()).toBe('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
  await ann.get('hideMessage', on(two, { hidden: true }))
  await ben.get('deleteMessage', on(one))
  expect((await newestPage(ben, room._id)).map(({ status }) => status)).toEqual([
    { deleted: true, hidden: false },
    { deleted: false, hidden: true },
  ])
})

test('concurrent changes through both instances get numbers without gaps, and each is delivered', async () => {
  const messages: Message[] = []
  for (let n = 0; n < 10; n++) messages.push(await sendText(ben, room._id, `${n}`))
  const asked = messages.flatMap((message) => [
    ben.ask('editMessage', on(message, { text: 'edited' })),
    ann.ask('hideMessage', on(message, { hidden: true })),
    cat.ask('deleteMessage', on(message)),
    ann.ask('deleteMessage', on(message)),
  ])
  const codes = (await Promise.all(asked)).map(({ error }) => error)
  // Another change may come first; no change is carried out in part.
  for (const code of codes) expect([null, 'MESSAGE_NO_EXISTS', 'FORBIDDEN']).toContain(code)

  const changes = await database.collection('changes').find({ roomId: room._id }).sort({ _id: 1 }).toArray()
  expect(changes.map(({ _id }) => `${_id}`)).toEqual(changes.map((_, index) => changeId(room._id, index + 1)))
  for (const who of [ann, ben, cat]) {
    await eventually(() => expect(updates(who)).toHaveLength(changes.length))
    // The last event of each message shows its current state.
    for (const message of await newestPage(who, room._id))
      expect(updates(who).findLast(({ _id }) => _id === message._id)).toEqual(message)
  }
})
