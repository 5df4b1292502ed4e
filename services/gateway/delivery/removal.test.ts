import type { Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  listed,
  makeRoom,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'

// Promise 3: after the ack of a kick, the removed user can neither read, write nor receive events of the room, through
// any gateway or instance of messages.

let stack: TestStack
beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
})
afterAll(() => stack?.close())

let ann: PlainClient
let bens: PlainClient[]
let cho: PlainClient
let room: Room
beforeEach(async () => {
  ann = await connectAs(stack, 'ann', 0)
  cho = await connectAs(stack, 'cho', 1)
  bens = [await connectAs(stack, 'ben', 0), await connectAs(stack, 'ben', 1)]
  const rules = { canInviteMemebrs: true, canLeaveOutRoom: true }
  room = await makeRoom(ann, ['ben', 'cho'], rules)
  for (const client of [ann, cho, ...bens]) await client.get('joinRoom', room._id)
})
afterEach(() => {
  for (const client of [ann, cho, ...bens]) client.close()
})

const heardBy = (who: PlainClient) =>
  who.payloads<Message>(`listenMessage_${room._id}`).map((message) => message.data.content.text)
const kick = (ban = false) =>
  ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['ben'], ...(ban && { ban }) })

test('a kicked member gets a last room event and no later message on any socket', async () => {
  await sendText(cho, room._id, 'before')
  for (const ben of bens) await eventually(() => expect(heardBy(ben)).toEqual(['before']))
  await kick()
  for (let n = 0; n < 20; n++) await sendText(n % 2 ? ann : cho, room._id, `after ${n}`)
  await eventually(() => expect(heardBy(cho)).toHaveLength(21))
  for (const ben of bens) {
    expect(heardBy(ben)).toEqual(['before'])
    const told = ben.payloads<Room>('listenRoom').filter(({ _id }) => _id === room._id)
    expect(told.filter(({ removed }) => removed)).toEqual([
      expect.objectContaining({ removed: true, joinUsers: [], lastMessage: null, unReadMsgCount: 0 }),
    ])
    // No event of the room follows, whatever its name.
    const last = ben.heard.findLastIndex(({ payload }) => (payload as Room)?.removed)
    const later = ben.heard.slice(last + 1)
    expect(later.filter(({ event, payload }) => JSON.stringify([event, payload]).includes(room._id))).toEqual(
      [],
    )
    for (const [event, input] of Object.entries({
      joinRoom: room._id,
      listenMessagesByRoom: { roomId: room._id },
      syncMessages: { roomId: room._id, afterSeq: 0 },
      listMembers: { roomId: room._id },
    }))
      expect(await ben.ask(event, input)).toMatchObject({ error: 'ROOM_NO_EXISTS' })
    expect((await ben.get<{ list: Room[] }>('listenRooms', {})).list.map(({ _id }) => _id)).not.toContain(
      room._id,
    )
  }
})

test('no message of a kicked member is stored after the ack of the kick, while they keep sending', async () => {
  const codes = new Set<string>()
  let isOver = false
  const flood = async (ben: PlainClient, index: number) => {
    for (let n = 0; !isOver; n++) {
      const { error } = await ben.ask('sendMessage', {
        syncKey: `${index}-${n}`,
        roomId: room._id,
        data: { type: 'TEXT', content: 'flood' },
      })
      if (error) codes.add(error)
    }
  }
  const floods = bens.flatMap((ben, index) => [flood(ben, index), flood(ben, index + 2)])
  await eventually(() => expect(heardBy(cho).length).toBeGreaterThan(20))
  await kick()
  const { lastSeq } = await ann.get<{ lastSeq: number }>('syncMessages', { roomId: room._id, afterSeq: 0 })
  for (let n = 0; n < 10; n++) await ann.get('listenRooms', {})
  isOver = true
  await Promise.all(floods)
  expect([...codes]).toEqual(['ROOM_NO_EXISTS'])
  expect(
    (await ann.get<{ lastSeq: number }>('syncMessages', { roomId: room._id, afterSeq: 0 })).lastSeq,
  ).toBe(lastSeq)
})

test('a member who opens the room while being kicked does not keep it open', async () => {
  for (let n = 0; n < 15; n++) {
    const opening = bens.map((ben) => ben.ask('joinRoom', room._id))
    const kicked = kick()
    await Promise.all([...opening, kicked])
    const before = bens.map((ben) => heardBy(ben).length)
    await sendText(cho, room._id, `round ${n}`)
    await eventually(() => expect(heardBy(cho)).toContain(`round ${n}`))
    expect(bens.map((ben) => heardBy(ben).length)).toEqual(before)
    await ann.get('inviteRoom', { roomId: room._id, targetUserIds: ['ben'] })
  }
})

test('a member who is invited back gets messages again, and readers of older messages are not recounted', async () => {
  await sendText(cho, room._id, 'before')
  await kick()
  await sendText(cho, room._id, 'meanwhile')
  await ann.get('inviteRoom', { roomId: room._id, targetUserIds: ['ben'] })
  const [ben] = bens as [PlainClient]
  await eventually(async () =>
    expect(await listed(ben, room._id)).toMatchObject({ unReadMsgCount: 0, lastSeq: 2 }),
  )
  await ben.get('joinRoom', room._id)
  await sendText(cho, room._id, 'again')
  await eventually(() => expect(heardBy(ben)).toEqual(['before', 'again']))
})

test('a banned user cannot be invited until they are unbanned', async () => {
  await kick(true)
  const invite = () => cho.ask('inviteRoom', { roomId: room._id, targetUserIds: ['ben'] })
  expect(await invite()).toMatchObject({ error: 'USER_IS_BANNED' })
  const platform = await stack.post('/chat/inviteUsers', {
    roomId: room._id,
    inviterId: 'ann',
    joinUsers: [{ _id: 'ben', nickName: 'Ben' }],
  })
  expect(platform).toMatchObject({ status: 500, body: { error: 'JOIN_USERS_EMPTY' } })
  const banned = await cho.get<{ list: { _id: string }[] }>('listMembers', {
    roomId: room._id,
    state: 'BANNED',
  })
  expect(banned.list.map(({ _id }) => _id)).toEqual(['ben'])
  await ann.get('unbanUsers', { roomId: room._id, targetUserIds: ['ben', 'cho'] })
  expect(await ann.ask('unbanUsers', { roomId: room._id, targetUserIds: ['ben'] })).toMatchObject({
    error: 'WRONG_TARGET_USER_IDS',
  })
  expect(await invite()).toMatchObject({ success: true })
})

test('when the last master leaves, the longest-standing member becomes master; the last member may leave, too', async () => {
  await ann.get('leaveOutRoom', room._id)
  const [ben] = bens as [PlainClient]
  await eventually(async () => {
    const told = cho.payloads<Room>('listenRoom').at(-1)
    expect(told?.joinUsers.map(({ _id, master }) => [_id, master])).toEqual([
      ['ben', true],
      ['cho', false],
    ])
  })
  expect(await ann.ask('leaveOutRoom', room._id)).toMatchObject({ error: 'ROOM_NO_EXISTS' })
  await ben.get('kickOutUsers', { roomId: room._id, targetUserIds: ['cho'] })
  expect(await listed(ben, room._id)).toMatchObject({ memberCount: 1 })
  await ben.get('leaveOutRoom', room._id)
  expect(await listed(ben, room._id)).toBeUndefined()
})

test('when two masters demote each other or leave at once, one master remains', async () => {
  await ann.get('setMasters', { roomId: room._id, targetUserIds: ['cho'], master: true })
  const [first, second] = await Promise.all([
    ann.ask('setMasters', { roomId: room._id, targetUserIds: ['cho'], master: false }),
    cho.ask('setMasters', { roomId: room._id, targetUserIds: ['ann'], master: false }),
  ])
  expect([first.error, second.error].sort()).toEqual(['USER_IS_NOT_MASTER', null])
  const [ben] = bens as [PlainClient]
  const { list } = await ben.get<{ list: { master: boolean }[] }>('listMembers', { roomId: room._id })
  expect(list.filter(({ master }) => master)).toHaveLength(1)
  const winner = first.success ? ann : cho
  const loser = first.success ? 'cho' : 'ann'
  await winner.get('setMasters', { roomId: room._id, targetUserIds: [loser], master: true })
  await Promise.all([ann.get('leaveOutRoom', room._id), cho.get('leaveOutRoom', room._id)])
  const left = await ben.get<{ list: { _id: string; master: boolean }[] }>('listMembers', {
    roomId: room._id,
  })
  expect(left.list.map(({ _id, master }) => [_id, master])).toEqual([['ben', true]])
})

test('a mute applies at once, for a time or permanently, and is shown with the member', async () => {
  const [ben] = bens as [PlainClient]
  const mute = (minutes?: number) =>
    ann.get('muteUsers', { roomId: room._id, targetUserIds: ['ben'], ...(minutes && { minutes }) })
  const attempt = () =>
    ben.ask('sendMessage', {
      syncKey: crypto.randomUUID(),
      roomId: room._id,
      data: { type: 'TEXT', content: 'may I?' },
    })
  await mute(5)
  expect(await attempt()).toMatchObject({ error: 'USER_IS_MUTED' })
  const member = async () =>
    (
      await cho.get<{ list: { _id: string; mutedUntil?: string }[] }>('listMembers', {
        roomId: room._id,
        state: 'MUTED',
      })
    ).list[0]
  const until = Date.parse((await member())?.mutedUntil ?? '') - Date.now()
  expect(until).toBeGreaterThan(4 * 60_000)
  expect(until).toBeLessThanOrEqual(5 * 60_000)
  await ann.get('unmuteUsers', { roomId: room._id, targetUserIds: ['ben'] })
  expect(await attempt()).toMatchObject({ success: true })
  expect(await member()).toBeUndefined()
  await mute()
  expect(await attempt()).toMatchObject({ error: 'USER_IS_MUTED' })
  await eventually(() =>
    expect(
      cho
        .payloads<Room>('listenRoom')
        .at(-1)
        ?.joinUsers.find(({ _id }) => _id === 'ben')?.mutedUntil,
    ).toMatch(/^9999/),
  )
})
