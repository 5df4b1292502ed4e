import type { JoinUser, Message, Room } from '@chat/contract'
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
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { documentedCalls } from '../testing.ts'
import { routes } from './routes.ts'

let stack: TestStack
let call: ReturnType<typeof documentedCalls>
let ann: PlainClient
let ben: PlainClient
let room: Room
let path: string

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  call = documentedCalls(stack)
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben', 1)
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await stack?.close()
})
const person = (_id: string, master = false) => ({ _id, nickName: _id, master })
beforeEach(async () => {
  const joinUsers = [person('ann', true), person('ben')]
  const link = { sid: crypto.randomUUID(), name: 'Link' }
  const { status, body } = await call('POST', '/v1/rooms', {
    name: 'Room',
    roomType: 'ALARM',
    link,
    joinUsers,
  })
  expect(status).toBe(201)
  room = body.data
  path = `/v1/rooms/${room._id}`
  for (const client of [ann, ben]) await eventually(() => client.get('joinRoom', room._id))
})

const heard = (who: PlainClient, event: string) => who.payloads<Message>(`${event}_${room._id}`)
const post = async (text: string) => {
  const message = { author: { authorId: 'ann' }, data: { type: 'TEXT', content: { text } } }
  return ((await call('POST', `${path}/messages`, message)).body.data as { message: Message }).message
}

test('rooms are listed by user and by link, in pages', async () => {
  const { link } = room as { link: { sid: string } }
  const byLink = await call('GET', `/v1/rooms?linkSid=${link.sid}`)
  expect((byLink.body.data as { list: Room[] }).list.map(({ _id }) => _id)).toEqual([room._id])
  expect((await call('GET', '/v1/rooms?userId=nobody')).body.data).toEqual({ list: [], nextCursor: null })
  const all: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await call('GET', `/v1/rooms?userId=ben&limit=1${cursor && `&cursor=${cursor}`}`)
    const { list, nextCursor } = page.body.data as { list: Room[]; nextCursor: string | null }
    all.push(...list.map(({ _id }) => _id))
    cursor = nextCursor
  }
  expect(all).toContain(room._id)
  expect(new Set(all).size).toBe(all.length)
  expect(all).toEqual([...all].sort())
  for (const query of ['limit=0', 'limit=x', 'cursor=x', 'userId=a%0a'])
    expect((await call('GET', `/v1/rooms?${query}`)).status).toBe(400)
})

test('members get the changes of a room', async () => {
  const changed = await call('PATCH', path, { name: 'Renamed', rules: { isFreezed: true }, meta: { a: 1 } })
  expect(changed.body.data).toMatchObject({ name: 'Renamed', meta: { a: 1 }, rules: { isFreezed: true } })
  await eventually(() =>
    expect(ben.payloads<Room>('listenRoom').filter(({ _id }) => _id === room._id)).toContainEqual(
      expect.objectContaining({ name: 'Renamed' }),
    ),
  )
  expect(await call('PATCH', path, { name: 'Frozen' })).toMatchObject({ status: 409 })
  expect(await call('POST', `${path}/members`, { users: [person('eve')] })).toMatchObject({ status: 409 })
  expect((await call('PATCH', path, { rules: { isFreezed: false } })).status).toBe(200)
})

/** The collections with data of a room, and how to find it there. */
const byRoom = () => ({ roomId: room._id })
const byId = () => ({ _id: { $regex: `^${room._id}` } as never })
const ofRooms: Record<string, () => object> = {
  ...{ 'messages.messages': byRoom, 'messages.reports': byRoom },
  ...{ 'messages.exports': byRoom, 'messages.wordLists': byId, 'files.references': byRoom },
  ...{ 'rooms.members': byRoom, 'rooms.mentions': byRoom, 'rooms.mutes': byId, 'push.tasks': byId },
}
async function countIn(place: string) {
  const [service, name] = place.split('.') as [string, string]
  const database = await openDatabase(stack, service)
  const count = await database.collection(name).countDocuments(ofRooms[place]?.() ?? {})
  await database.close()
  return count
}
/** Stores banned words, an export, a mention, the mute of a former member, and a dead letter of push. */
async function leaveMore({ _id, roomId }: Message) {
  expect((await call('PUT', `${path}/banned-words`, { words: ['rude'] })).status).toBe(200)
  expect((await call('POST', '/v1/exports', { roomId, format: 'TXT' })).status).toBe(201)
  await call('POST', `${path}/members`, { users: [person('cho')] })
  await call('PATCH', `${path}/members/cho`, { muted: true })
  await call('DELETE', `${path}/members/cho`)
  await sendText(ann, roomId, 'you', { mentions: ['ben'] })
  const database = await openDatabase(stack, 'push')
  const notice = { messageId: _id, roomId, seq: 1, authorId: 'ann', mentions: [], body: 'x' }
  const dead = { deadAt: new Date(), dueAt: new Date(Date.now() + 86_400_000), claim: null, tries: 5 }
  await database.collection('tasks').insertOne({ _id: _id as never, notice, only: null, ...dead })
  await database.close()
}

test('a deleted room and its messages are gone for every member', async () => {
  const said = await sendText(ann, room._id, 'to be forgotten')
  await ben.get('sendFileMessage', {
    ...{ syncKey: 'f', roomId: room._id, type: 'FILE', size: 3, name: 'a.bin', data: Buffer.from([0, 1, 2]) },
  })
  await ben.get('reportMessage', { roomId: room._id, messageId: said._id, reason: 'x' })
  await leaveMore(said)
  for (const place of Object.keys(ofRooms))
    await eventually(async () => expect(await countIn(place)).not.toBe(0))
  expect((await call('DELETE', path)).status).toBe(200)
  for (const who of [ann, ben]) {
    const removed = who.payloads<Room>('listenRoom').filter(({ _id, removed }) => _id === room._id && removed)
    expect(removed).toHaveLength(1)
    expect(await listed(who, room._id)).toBeUndefined()
    expect(await who.ask('listenMessagesByRoom', { roomId: room._id })).toMatchObject({
      error: 'ROOM_NO_EXISTS',
    })
  }
  for (const method of ['GET', 'DELETE']) expect((await call(method, path)).status).toBe(404)
  for (const place of Object.keys(ofRooms)) expect([place, await countIn(place)]).toEqual([place, 0])
})

test('the platform adds and removes members regardless of the rules', async () => {
  const added = await call('POST', `${path}/members`, { users: [person('cho'), person('ben')] })
  expect(added).toMatchObject({ status: 201, body: { data: { memberCount: 3 } } })
  expect(await call('POST', `${path}/members`, { users: [person('cho')] })).toMatchObject({ status: 409 })
  const { list } = (await call('GET', `${path}/members`)).body.data as { list: JoinUser[] }
  expect(list.map(({ _id }) => _id)).toEqual(['ann', 'ben', 'cho'])

  expect((await call('DELETE', `${path}/members/ben`)).status).toBe(200)
  expect(await ben.ask('joinRoom', room._id)).toMatchObject({ error: 'ROOM_NO_EXISTS' })
  expect(await call('DELETE', `${path}/members/ben`)).toMatchObject({
    status: 404,
    body: { error: 'USER_NO_EXISTS' },
  })
  expect((await call('GET', `${path}/members/ben`)).status).toBe(404)
})

test('a member is muted, made master, banned and unbanned', async () => {
  const update = (change: object, userId = 'ben') => call('PATCH', `${path}/members/${userId}`, change)
  const muted = await update({ muted: true, minutes: 5 })
  expect(muted.body.data).toMatchObject({ banned: false, member: { mutedUntil: expect.any(String) } })
  const draft = { syncKey: 'm', roomId: room._id, data: { type: 'TEXT', content: 'x' } }
  expect(await ben.ask('sendMessage', draft)).toMatchObject({ error: 'USER_IS_MUTED' })
  expect((await update({ muted: false, master: true })).body.data).toMatchObject({ member: { master: true } })
  expect(await ben.ask('sendMessage', draft)).toMatchObject({ success: true })
  expect((await update({ master: false }, 'ann')).status).toBe(200)
  expect(await update({ master: false })).toMatchObject({
    status: 400,
    body: { error: 'WRONG_TARGET_USER_IDS' },
  })

  expect((await update({ banned: true }, 'ann')).body.data).toEqual({ member: null, banned: true })
  expect(await ann.ask('joinRoom', room._id)).toMatchObject({ error: 'ROOM_NO_EXISTS' })
  expect(await call('POST', `${path}/members`, { users: [person('ann')] })).toMatchObject({ status: 403 })
  expect((await call('GET', `${path}/members?state=BANNED`)).body.data).toMatchObject({
    list: [{ _id: 'ann' }],
  })
  expect((await update({ banned: false }, 'ann')).body.data).toEqual({ member: null, banned: false })
  expect((await call('POST', `${path}/members`, { users: [person('ann')] })).status).toBe(201)
  expect((await update({ muted: true }, 'nobody')).status).toBe(404)
})

test('messages are listed newest first, read, hidden, and deleted', async () => {
  const [first, second, third] = [await post('one'), await post('two'), await post('three')]
  const page = (await call('GET', `${path}/messages?limit=2`)).body.data as {
    list: Message[]
    nextCursor: string
  }
  expect(page.list.map(({ seq }) => seq)).toEqual([3, 2])
  const rest = await call('GET', `${path}/messages?limit=2&cursor=${page.nextCursor}`)
  expect(rest.body.data).toMatchObject({ list: [{ _id: first._id }], nextCursor: null })
  expect((await call('GET', `${path}/messages/${second._id}`)).body.data).toMatchObject({ seq: 2 })

  expect((await call('PATCH', `${path}/messages/${second._id}`, { hidden: true })).status).toBe(200)
  expect((await call('DELETE', `${path}/messages/${third._id}`)).status).toBe(200)
  await eventually(() => expect(heard(ben, 'updateMessage')).toHaveLength(2))
  expect(heard(ben, 'updateMessage').map(({ data }) => data.content)).toEqual([{}, {}])
  expect((await newestPage(ben, room._id)).map(({ data }) => data.content.text)).toEqual([
    'one',
    undefined,
    undefined,
  ])
  expect(await call('PATCH', `${path}/messages/${third._id}`, { hidden: true })).toMatchObject({
    status: 404,
  })
  for (const method of ['GET', 'DELETE'])
    expect(await call(method, `${path}/messages/nothing`)).toMatchObject({
      body: { error: 'MESSAGE_NO_EXISTS' },
    })
})

test('an accepted card changes in open rooms; other messages cannot be accepted', async () => {
  const content = { rawData: { cardType: 'offer', acceptedStatus: false } }
  const card = { author: { authorId: 'ann' }, data: { type: 'CARD', content } }
  const posted = (await call('POST', `${path}/messages`, card)).body.data as { message: Message }
  const changed = await call('PATCH', `${path}/messages/${posted.message._id}`, { acceptedStatus: true })
  expect(changed.body.data).toMatchObject({ data: { content: { rawData: { acceptedStatus: true } } } })
  await eventually(() =>
    expect(heard(ben, 'updateMessage').map(({ data }) => data.content.rawData?.acceptedStatus)).toEqual([
      true,
    ]),
  )
  const text = await post('no card')
  expect(await call('PATCH', `${path}/messages/${text._id}`, { acceptedStatus: true })).toMatchObject({
    status: 400,
  })
})

test('an announcement is pinned, shown and removed', async () => {
  const said = await post('read this')
  const pinned = await call('PUT', `${path}/announcement`, { messageId: said._id })
  expect(pinned.body.data).toMatchObject({ announcement: { text: 'read this', author: { authorId: 'ann' } } })
  const text = await call('PUT', `${path}/announcement`, { text: 'and this', authorId: 'ben' })
  expect(text.body.data).toMatchObject({ announcement: { messageId: null, author: { authorId: 'ben' } } })
  await eventually(async () => expect((await listed(ben, room._id))?.announcement?.text).toBe('and this'))
  expect((await call('GET', `${path}/announcement`)).body.data).toEqual(text.body.data)
  for (const wrong of [{}, { text: 'whose?' }])
    expect((await call('PUT', `${path}/announcement`, wrong)).status).toBe(400)
  expect((await call('PUT', `${path}/announcement`, { messageId: 'x' })).status).toBe(404)
  expect((await call('DELETE', `${path}/announcement`)).body.data).toEqual({ announcement: null })
  await eventually(async () => expect((await listed(ben, room._id))?.announcement).toBeNull())
})

test('reports of one room or of all are listed newest first, with the reported text', async () => {
  const said = [await post('bad'), await post('worse')]
  for (const { _id } of said)
    await ben.get('reportMessage', { roomId: room._id, messageId: _id, reason: 'rude' })
  const first = await call('GET', `/v1/reports?roomId=${room._id}&limit=1`)
  const { list, nextCursor } = first.body.data as { list: object[]; nextCursor: string }
  expect(list).toMatchObject([
    { reporterId: 'ben', reason: 'rude', message: { data: { content: { text: 'worse' } } } },
  ])
  const rest = await call('GET', `/v1/reports?roomId=${room._id}&limit=1&cursor=${nextCursor}`)
  expect(rest.body.data).toMatchObject({ list: [{ messageId: said[0]?._id }], nextCursor: null })
  expect((await call('GET', '/v1/reports')).status).toBe(200)
})

test('every list refuses an invalid cursor', async () => {
  const lists = ['rooms', 'reports', 'exports', 'webhooks', `rooms/${room._id}/members`]
  for (const list of [...lists, `rooms/${room._id}/messages`])
    for (const cursor of ['abc', '%25', 'e30', 'bnVsbA', '1'])
      expect({ list, ...(await call('GET', `/v1/${list}?cursor=${cursor}`)) }).toMatchObject({
        ...{ list, status: 400, body: { error: 'INVALID_REQUEST' } },
      })
})

test('users are created, read and changed, and others see the changes', async () => {
  const made = await call('POST', '/v1/users', { _id: 'ann', nickName: 'Ann A.', meta: { level: 3 } })
  expect(made).toMatchObject({
    status: 201,
    body: { data: { _id: 'ann', nickName: 'Ann A.', meta: { level: 3 } } },
  })
  const changed = await call('PATCH', '/v1/users/ann', { nickName: 'Ann B.' })
  expect(changed.body.data).toMatchObject({ nickName: 'Ann B.', meta: { level: 3 } })
  expect((await call('GET', '/v1/users/ann')).body.data).toEqual(changed.body.data)
  await eventually(async () =>
    expect((await listed(ben, room._id))?.joinUsers.find(({ _id }) => _id === 'ann')?.nickName).toBe(
      'Ann B.',
    ),
  )
  for (const method of ['GET', 'PATCH']) {
    const answer = await call(method, '/v1/users/nobody', method === 'PATCH' ? { nickName: 'x' } : undefined)
    expect(answer).toMatchObject({ status: 404, body: { error: 'USER_NO_EXISTS' } })
  }
  expect((await call('GET', '/v1/users/nobody/export')).status).toBe(404)
})

test('an unknown room is 404 on every route that names one', async () => {
  const bodies: Record<string, object> = {
    postMessage: { author: { authorId: 'ann' }, data: { type: 'TEXT', content: { text: 'x' } } },
    addMembers: { users: [person('ann')] },
    putAnnouncement: { text: 'x', authorId: 'ann' },
    putRoomBannedWords: { words: ['x'] },
  }
  for (const route of routes.filter(({ path }) => path.includes('{roomId}'))) {
    const at = route.path.replaceAll(/\{\w+\}/g, 'nowhere')
    const name = 'operation' in route ? route.operation : route.name
    const body = ['post', 'put', 'patch'].includes(route.method) ? (bodies[name] ?? {}) : undefined
    const answer = await call(route.method.toUpperCase(), at, body)
    expect([name, answer.status, answer.body.error]).toEqual([name, 404, 'ROOM_NO_EXISTS'])
  }
})
