import { setTimeout as delay } from 'node:timers/promises'
import type { Message, Room, WebhookType } from '@chat/contract'
import { enterDeadWriter, eventually, makeRoom, openDatabase, openTestBus, sendText } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Received, type Scene, setScene } from '../testing.ts'

// Which events of rooms, members and messages a webhook receives.

let scene: Scene
beforeAll(async () => {
  scene = await setScene({ instances: { rooms: 2, messages: 2, platformApis: 2 } })
})
afterAll(() => scene?.close())

type Told = {
  type: WebhookType
  data: { roomId?: string; userIds?: string[]; message?: Message; room?: Room }
}
const roomOf = ({ data }: Told) => data.roomId ?? data.message?.roomId ?? data.room?._id
/** The received events of a room, in the order in which they came. */
const toldOf = (received: Received[], roomId: string) =>
  (received as unknown as (Told & Omit<Received, 'data'>)[]).filter((each) => roomOf(each) === roomId)
const person = (_id: string, master = false) => ({ _id, nickName: _id, master })
const rules = { canInviteMemebrs: true, canLeaveOutRoom: true }

test('every event of a room and its members is delivered, in order', async () => {
  const hook = await scene.makeWebhook()
  const { _id: roomId } = await makeRoom(scene.ann, ['ben'], rules, 'Made')
  const at = `/v1/rooms/${roomId}`
  await scene.ann.get('updateRoomSetting', { roomId, updateData: { name: 'Renamed' } })
  await scene.stack.call('POST', `${at}/members`, { users: [person('cho'), person('dan')] })
  await scene.ann.get('muteUsers', { roomId, targetUserIds: ['ben'], minutes: 5 })
  await scene.ann.get('unmuteUsers', { roomId, targetUserIds: ['ben'] })
  await scene.ann.get('setMasters', { roomId, targetUserIds: ['cho'], master: true })
  await scene.ann.get('setMasters', { roomId, targetUserIds: ['cho'], master: false })
  await scene.ann.get('kickOutUsers', { roomId, targetUserIds: ['dan'], ban: true })
  await scene.ann.get('leaveOutRoom', roomId)
  await scene.stack.call('DELETE', `${at}/members/cho`)
  await scene.stack.call('PATCH', at, { meta: { a: 1 } })
  // The deletion removes deliveries that still wait.
  await eventually(() => expect(toldOf(hook.received(), roomId)).toHaveLength(12))
  await scene.stack.call('DELETE', at)
  const told = await eventually(() => {
    const all = toldOf(hook.received(), roomId)
    expect(all).toHaveLength(13)
    return all
  })
  const by = 'ann'
  const members = (userIds: string[], more: object = {}) => ({ roomId, userIds, by, ...more })
  expect(told.map(({ type, data }) => [type, data])).toMatchObject([
    ['room.created', { room: { _id: roomId, name: 'Made', memberCount: 2, rules }, by }],
    ['room.updated', { room: { name: 'Renamed', announcement: null }, by }],
    ['member.joined', members(['cho', 'dan'], { by: null })],
    ['member.updated', members(['ben'], { mutedUntil: expect.any(String) })],
    ['member.updated', members(['ben'], { mutedUntil: null })],
    ['member.updated', members(['cho'], { master: true })],
    ['member.updated', members(['cho'], { master: false })],
    ['member.removed', members(['dan'], { banned: true })],
    ['member.left', members(['ann'])],
    ['member.updated', members(['ben'], { master: true, by: null })],
    ['member.removed', members(['cho'], { banned: false, by: null })],
    ['room.updated', { room: { meta: { a: 1 } }, by: null }],
    ['room.deleted', { roomId }],
  ])
  expect(told[0]?.data.userIds?.toSorted()).toEqual(['ann', 'ben'])
  expect(new Set(told.map(({ id }) => id)).size).toBe(told.length)
  expect(scene.receiver.refused).toEqual([])
  await hook.delete()
})

test('messages are delivered when sent, edited, hidden and deleted, in their state at that time', async () => {
  const hook = await scene.makeWebhook()
  const { _id: roomId } = await makeRoom(scene.ann, ['ben'])
  const said = await sendText(scene.ann, roomId, 'one', { meta: { order: 7 } })
  const other = await sendText(scene.ben, roomId, 'two', { replyTo: said._id })
  // A deletion empties deliveries that still wait.
  const told = (count: number) =>
    eventually(() => {
      const all = toldOf(hook.received(), roomId).filter(({ type }) => type.startsWith('message.'))
      expect(all).toHaveLength(count)
      return all
    })
  await told(2)
  await scene.ann.get('editMessage', { roomId, messageId: said._id, text: 'three' })
  await scene.ann.get('hideMessage', { roomId, messageId: other._id, hidden: true })
  await scene.ann.get('hideMessage', { roomId, messageId: other._id, hidden: false })
  await told(5)
  await scene.ben.get('deleteMessage', { roomId, messageId: other._id })
  const all = await told(6)
  const shown = all.map(({ type, data: { message } }) => [
    type,
    message?.seq,
    message?.data.content.text,
    message?.status,
  ])
  const plain = { deleted: false, hidden: false }
  expect(shown).toEqual([
    ['message.created', 1, 'one', plain],
    ['message.created', 2, 'two', plain],
    ['message.updated', 1, 'three', plain],
    ['message.updated', 2, undefined, { deleted: false, hidden: true }],
    ['message.updated', 2, 'two', plain],
    ['message.deleted', 2, undefined, { deleted: true, hidden: false }],
  ])
  expect(all[0]?.data.message).toMatchObject({ author: { authorId: 'ann' }, meta: { order: 7 } })
  expect(all[0]).toMatchObject({ id: said._id, timestamp: said.createdAt })
  await hook.delete()
})

test('a webhook receives the events it wants while it exists and is enabled', async () => {
  const { _id: roomId } = await makeRoom(scene.ann, ['ben'])
  await sendText(scene.ann, roomId, 'before')
  const events = ['message.created', 'member.left']
  const all = await scene.makeWebhook()
  const some = await scene.makeWebhook({ events, description: 'orders' })
  expect(await some.look()).toMatchObject({
    events,
    description: 'orders',
    enabled: true,
    failingSince: null,
  })
  expect(await some.look()).not.toHaveProperty('secret')
  await scene.ann.get('updateRoomSetting', { roomId, updateData: { name: 'Renamed' } })
  await sendText(scene.ann, roomId, 'heard')
  const texts = (received: Received[]) =>
    toldOf(received, roomId).map(({ type, data }) => data.message?.data.content.text ?? type)
  await eventually(() => expect(texts(some.received())).toEqual(['heard']))
  await eventually(() => expect(texts(all.received())).toEqual(['room.updated', 'heard']))

  await scene.stack.call('PATCH', some.place, { enabled: false })
  expect(await some.look()).toMatchObject({ enabled: false, disabledBecause: 'PLATFORM' })
  await sendText(scene.ann, roomId, 'not heard')
  await eventually(() => expect(texts(all.received())).toContain('not heard'))
  await scene.stack.call('PATCH', some.place, { enabled: true, events: ['message.created'] })
  await sendText(scene.ann, roomId, 'again')
  await eventually(() => expect(texts(some.received())).toEqual(['heard', 'again']))
  expect((await some.delete()).status).toBe(200)
  expect((await scene.stack.call('GET', some.place)).status).toBe(404)
  await sendText(scene.ann, roomId, 'too late')
  await eventually(() => expect(texts(all.received())).toContain('too late'))
  expect(texts(some.received())).not.toContain('too late')
  await all.delete()
})

test('an event of before the webhook that is published again is not delivered; one of it is delivered once', async () => {
  const { _id: roomId } = await makeRoom(scene.ann, ['ben'])
  const old = await sendText(scene.ann, roomId, 'old')
  const bus = await openTestBus(scene.stack)
  const hook = await scene.makeWebhook({ events: ['message.created'] })
  const own = await sendText(scene.ann, roomId, 'own')
  await eventually(() => expect(hook.received()).toHaveLength(1))
  const earlier = { createdAt: new Date(Date.now() - 60_000).toISOString() }
  bus.publishRoom(roomId, 'message', { ...old, ...earlier })
  bus.publishRoom(roomId, 'message', own)
  await bus.close()
  const last = await sendText(scene.ann, roomId, 'last')
  await eventually(() => expect(hook.received().map(({ id }) => id)).toContain(last._id))
  expect(hook.received().map(({ id }) => id)).toEqual([own._id, last._id])
  await hook.delete()
})

test('enabling an enabled webhook loses nothing', async () => {
  const hook = await scene.makeWebhook({ events: ['message.created'] })
  const { _id: roomId } = await makeRoom(scene.ann, ['ben'])
  const sent: string[] = []
  for (let n = 0; n < 20; n++) {
    sent.push((await sendText(scene.ann, roomId, `${n}`))._id)
    await scene.stack.call('PATCH', hook.place, { enabled: true })
  }
  await eventually(() => expect(new Set(hook.received().map(({ id }) => id))).toEqual(new Set(sent)))
  await hook.delete()
})

test('deleting a webhook during events leaves no deliveries', async () => {
  const { _id: roomId } = await makeRoom(scene.ann, ['ben'])
  const last = await scene.makeWebhook()
  for (let round = 0; round < 5; round++) {
    const hooks = await Promise.all(Array.from({ length: 15 }, () => scene.makeWebhook()))
    await sendText(scene.ann, roomId, 'secret')
    await Promise.all(hooks.map((hook, n) => delay(n * 4).then(hook.delete)))
    const { _id } = await sendText(scene.ann, roomId, 'one more')
    await eventually(() => expect(last.received().map(({ id }) => id)).toContain(_id))
  }
  const database = await openDatabase(scene.stack, 'platform')
  const others = { roomId, webhookId: { $ne: last.webhookId } }
  expect(await database.collection('deliveries').countDocuments(others)).toBe(0)
  await database.close()
  await last.delete()
})

test('an event that a killed instance left unpublished is delivered', async () => {
  const hook = await scene.makeWebhook({ events: ['room.deleted'] })
  const database = await openDatabase(scene.stack, 'rooms')
  const roomId = 'orphan'
  const _id = `${roomId}-e000000000000001-0`
  const fact = { _id, roomId, at: new Date().toISOString(), type: 'room.deleted', data: { roomId } }
  const storedAt = await enterDeadWriter(database)
  await database.collection('roomEvents').insertOne({ _id: _id as never, roomId, fact, storedAt })
  await eventually(() => expect(hook.received()).toMatchObject([{ id: _id, data: { roomId } }]), 30_000)
  await database.close()
  await hook.delete()
})

test('waiting deliveries lose the content of deleted messages; of a deleted room only the deletion is delivered', async () => {
  const hook = await scene.makeWebhook()
  const { _id: roomId } = await makeRoom(scene.ann, ['ben'])
  await eventually(() => expect(toldOf(hook.received(), roomId)).toHaveLength(1))
  const isAway = Promise.withResolvers<void>()
  scene.receiver.answer = () => (isAway.promise as Promise<unknown> as Promise<number>).then(() => 503)
  const said = await sendText(scene.ann, roomId, 'secret')
  await sendText(scene.ben, roomId, 'about it', { replyTo: said._id })
  await scene.ann.get('deleteMessage', { roomId, messageId: said._id })
  const count = async () => (await hook.log('?state=WAITING')).list.length
  await eventually(async () => expect(await count()).toBe(3))
  const kept = async () => {
    const database = await openDatabase(scene.stack, 'platform')
    const docs = await database.collection('deliveries').find({ roomId }).toArray()
    await database.close()
    return JSON.stringify(docs)
  }
  await eventually(async () => expect(await kept()).not.toContain('secret'))
  expect(await kept()).toContain('about it')

  expect((await scene.stack.call('DELETE', `/v1/rooms/${roomId}`)).status).toBe(200)
  await eventually(async () => expect((await hook.log('?state=WAITING')).list).toHaveLength(1))
  scene.receiver.answer = () => 204
  isAway.resolve()
  await eventually(async () =>
    expect((await hook.log()).list.filter(({ type }) => type === 'room.deleted')).toMatchObject([
      { state: 'DELIVERED' },
    ]),
  )
  expect(await kept()).not.toContain('about it')
  await hook.delete()
})
