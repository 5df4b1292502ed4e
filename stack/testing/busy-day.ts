import { type Message, operationNames, type Room, rowOf } from '@chat/contract'
import { eventually, makeRoom, openTestBus, type PlainClient, sendText, type TestStack } from '@chat/testing'

// Runs everything that an installation does once, for tests of its permissions.

type People = { ann: PlainClient; ben: PlainClient; cho: PlainClient }

/** Requests each client event and each route of the platform API, with meaningless input. */
export async function askForEverything(stack: TestStack, client: PlainClient) {
  for (const name of operationNames) {
    const { event } = rowOf(name)
    if (event) await client.ask(event, {})
  }
  const { body } = await stack.call('GET', '/openapi.json')
  const { paths } = body as { paths: Record<string, Record<string, unknown>> }
  for (const [path, methods] of Object.entries(paths)) {
    const place = path.replace(/\{\w+\}/g, 'nobody')
    for (const method of Object.keys(methods)) {
      await stack.call(method.toUpperCase(), place, method === 'get' || method === 'delete' ? undefined : {})
    }
  }
}

/** What users do in a room, and which events they get. */
export async function talk({ ann, ben, cho }: People): Promise<Room> {
  await ben.get('registerDevice', { token: 'phone-of-ben', platform: 'ANDROID' })
  await ann.get('registerDevice', { token: 'phone-of-ann', platform: 'ANDROID' })
  const room = await makeRoom(ann, ['ben'], { canInviteMemebrs: true, canDeleteMessage: true })
  const roomId = room._id
  await ann.get('joinRoom', roomId)
  const said = await sendText(ben, roomId, 'hello @ann')
  const other = await sendText(ben, roomId, 'this goes')
  await ann.get('typing', { roomId, isTyping: true })
  await ben.get('editMessage', { roomId, messageId: said._id, text: 'hello again @ann' })
  await ben.get('deleteMessage', { roomId, messageId: other._id })
  await ann.get('updateReadMessage', { roomId, messageId: said._id })
  await ann.get('messageReaders', { roomId, messageId: said._id })
  await ann.get('listenMessagesByRoom', { roomId })
  await ann.get('searchMessages', { keyword: 'hello' })
  await ann.get('setAnnouncement', { roomId, text: 'At noon' })
  await ann.get('setAnnouncement', { roomId, messageId: said._id })
  const called = await sendText(ann, roomId, 'Come, @ben')
  await ann.get('setAnnouncement', { roomId, messageId: called._id })
  await ann.get('roomAlarmTurnOnOff', { roomId, alarmOn: true })
  await ann.get('blockUser', { userId: 'cho' })
  await ann.get('unblockUser', { userId: 'cho' })
  await ann.get('inviteRoom', { roomId, targetUserIds: ['cho'] })
  await cho.get('joinRoom', roomId)
  await ann.get('kickOutUsers', { roomId, targetUserIds: ['cho'] })
  await ann.get('queryPresence', { userIds: ['ben'] })
  return room
}

/** Sends a file's chunk twice, downloads the file over HTTP, and exports the messages. */
export async function exchangeFiles(stack: TestStack, { ann, ben }: People, roomId: string) {
  const data = Buffer.from('just a few words')
  const file = { syncKey: 'file-of-ann', roomId, type: 'FILE', size: data.length, name: 'words.txt' }
  const { message } = await ann.get<{ message: Message }>('sendFileMessage', { ...file, data, slice: 0 })
  await ann.ask('sendFileMessage', { ...file, data, slice: 0 })
  const path = message.data.content.files?.[0]?.path
  await eventually(() => ben.get('getFileUrl', { roomId, path }))
  const token = await stack.token('ben')
  await fetch(`${stack.gatewayUrl.replace('ws:', 'http:')}/files/${path}?token=${token}`, {
    redirect: 'manual',
  })
  await ann.get('exportMessages', { roomId, format: 'JSON' })
  await eventually(() => {
    if (ann.payloads('exportReady').length === 0) throw new Error('not exported yet')
  }, 25_000)
}

/** What platforms and operators do; at the end ben and the rooms are deleted. */
export async function manage(stack: TestStack, roomId: string, operate: (roomId: string) => Promise<void>) {
  await stack.call('POST', '/v1/webhooks', { url: 'http://127.0.0.1:1/' })
  const joinUsers = ['ann', 'ben'].map((_id) => ({ _id, nickName: _id }))
  const made = await stack.post('/chat/room', {
    ...{ name: 'Made', roomType: 'GROUP', joinUsers, link: { sid: crypto.randomUUID(), name: 'Link' } },
    message: { author: { authorId: 'ann' }, data: { type: 'TEXT', content: { text: 'Welcome' } } },
  })
  await fetch(`${stack.gatewayUrl.replace('ws:', 'http:')}/demo/tokens/demo-mina`, { method: 'POST' })
  // Reading the metrics measures every consumer.
  await fetch(`${stack.gatewayUrl.replace('ws:', 'http:')}/metrics`)
  await stack.call('PATCH', '/v1/users/ann', { nickName: 'Ann of late' })
  await stack.call('PUT', `/v1/rooms/${roomId}/banned-words`, { words: ['forbidden'] })
  await stack.call('POST', `/v1/rooms/${roomId}/messages`, {
    ...{ authorId: 'ann', data: { type: 'ADMIN', content: { text: 'A notice' } } },
  })
  await operate(roomId)
  await stack.call('GET', '/v1/users/ben/export')
  await stack.call('DELETE', '/v1/users/ben')
  await stack.call('POST', '/v1/users/ann/revoke', {})
  for (const { _id } of [{ _id: roomId }, made.body as Room]) await stack.call('DELETE', `/v1/rooms/${_id}`)
}

/** A late event, as after a wrong clock: gateways and push request the message's current state. */
export async function publishLate(stack: TestStack, message: Message) {
  const bus = await openTestBus(stack)
  const createdAt = new Date(Date.now() - 60_000).toISOString()
  bus.publishRoom(message.roomId, 'message', { ...message, seq: message.seq + 5, createdAt })
  await bus.close()
}
