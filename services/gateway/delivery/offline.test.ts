import { connect, memoryStore, type OfflineChat } from '@chat/client'
import type { Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  openWire,
  type PlainClient,
  startTestStack,
  type TestStack,
  type Wire,
} from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

// After a reconnect a client's cache equals the server's state, whatever happened while it was offline.

let stack: TestStack
let wire: Wire
let bob: PlainClient
let ann: OfflineChat

beforeEach(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  wire = await openWire(stack.gatewayUrls[0] as string)
  bob = await connectAs(stack, 'bob', 1)
})
afterEach(async () => {
  ann?.close()
  bob?.close()
  await wire?.close()
  await stack?.close()
})

const connectAnn = async (store = memoryStore()) =>
  connect({ url: wire.url, token: await stack.token('ann'), store, reconnectMinMs: 20, reconnectMaxMs: 100 })

const makeRoom = (name: string) =>
  bob.get<Room>('createNewRoom', { users: ['ann'], name, rules: { canDeleteMessage: true } })

const say = async (roomId: string, text: string) => {
  const data = { type: 'TEXT', content: { text } }
  const { message } = await bob.get<{ message: Message }>('sendMessage', { roomId, syncKey: text, data })
  return message
}
const page = async (roomId: string) =>
  (await bob.get<{ list: Message[] }>('listenMessagesByRoom', { roomId, count: 100 })).list
const texts = (messages: Message[]) => messages.map(({ data }) => data.content.text ?? '')

/** Without the unread counts, which may lag. */
const plain = (messages: Message[]) => messages.map(({ unReadUserCount: _, ...message }) => message)
const holdsAllOf = (roomId: string) =>
  eventually(async () => {
    expect(plain(await ann.cache.messages(roomId))).toEqual(plain(await page(roomId)))
  })
const lost = () => eventually(() => expect(ann.state).toBe('reconnecting'))

/** A room with three messages that ann has opened. */
const lookedAt = async (name: string) => {
  await ann.ready
  const room = await makeRoom(name)
  for (const text of ['one', 'two', 'three']) await say(room._id, `${name} ${text}`)
  const updates: Message[] = []
  const heard: Message[] = []
  const open = await ann.openRoom(room._id, {
    onMessage: (message) => heard.push(message),
    onUpdate: (message) => updates.push(message),
  })
  await ann.ask('listenMessagesByRoom', { roomId: room._id, count: 50 })
  await holdsAllOf(room._id)
  return { roomId: room._id, open, heard, updates }
}

/** Sends, edits, deletes and hides messages. */
const happen = async (roomId: string) => {
  const [first, second, third] = await page(roomId)
  await say(roomId, `${roomId} four`)
  await bob.get('editMessage', { roomId, messageId: first?._id, text: 'edited' })
  await bob.get('deleteMessage', { roomId, messageId: second?._id })
  await bob.get('hideMessage', { roomId, messageId: third?._id, hidden: true })
  await say(roomId, `${roomId} five`)
}

test('after being offline the cache equals the server, for open and closed rooms', async () => {
  ann = await connectAnn()
  const [open, closed] = [await lookedAt('open'), await lookedAt('closed')]
  await closed.open.close()
  wire.cut()
  await lost()
  await happen(open.roomId)
  await happen(closed.roomId)
  const later = await makeRoom('later')
  expect(texts(await ann.cache.messages(closed.roomId))).toEqual(['closed one', 'closed two', 'closed three'])

  wire.mend()
  for (const { roomId } of [open, closed]) {
    await eventually(async () => {
      const [shown, there] = [await ann.cache.messages(roomId), await page(roomId)]
      // Ann is not a master: she gets hidden messages without content.
      const asAnn = there.map((message) => (message.status.hidden ? '' : (message.data.content.text ?? '')))
      expect(texts(shown)).toEqual(asAnn)
      expect(shown.map(({ _id, seq, status }) => [_id, seq, status])).toEqual(
        there.map(({ _id, seq, status }) => [_id, seq, status]),
      )
    })
  }
  await eventually(async () =>
    expect((await ann.cache.rooms()).map((room) => room._id)).toEqual([
      later._id,
      closed.roomId,
      open.roomId,
    ]),
  )
  await eventually(() => expect(texts(open.heard)).toEqual([`${open.roomId} four`, `${open.roomId} five`]))
  await eventually(() => expect(new Set(texts(open.updates))).toEqual(new Set(['edited', ''])))
})

test('messages sent while offline arrive once and in order, also after a restart of the app', async () => {
  const store = memoryStore()
  ann = await connectAnn(store)
  const { roomId } = await lookedAt('room')
  wire.cut()
  await lost()
  const written = Array.from({ length: 20 }, (_, index) => `from ann ${index}`)
  for (const text of written) ann.send({ roomId, text }).catch(() => {})
  const cancelled = await eventually(async () => {
    const drafts = await ann.outbox.list()
    expect(drafts).toHaveLength(20)
    return drafts[7]
  })
  await ann.outbox.cancel(cancelled as { roomId: string; syncKey: string })
  ann.close()

  ann = await connectAnn(store)
  wire.mend()
  await eventually(async () => expect(await ann.outbox.list()).toEqual([]))
  const expected = written.filter((_, index) => index !== 7)
  expect(texts((await page(roomId)).slice(3))).toEqual(expected)
  await holdsAllOf(roomId)
})

test('connections cut while sending do not lose, repeat or reorder messages', async () => {
  ann = await connectAnn()
  const { roomId } = await lookedAt('room')
  const written = Array.from({ length: 40 }, (_, index) => `${index}`)
  const sends = written.map((text) => ann.send({ roomId, text }))
  for (const index of [5, 15, 25]) {
    await sends[index]
    wire.cut()
    await lost()
    wire.mend()
  }
  await Promise.all(sends)
  expect(texts((await page(roomId)).slice(3))).toEqual(written)
  await holdsAllOf(roomId)
})

test('a room that removed the user while offline leaves the cache', async () => {
  ann = await connectAnn()
  const { roomId, open } = await lookedAt('room')
  await open.close()
  wire.cut()
  await lost()
  await bob.get('kickOutUsers', { roomId, targetUserIds: ['ann'] })
  wire.mend()
  await eventually(async () => expect(await ann.cache.rooms()).toEqual([]))
  expect(await ann.cache.messages(roomId)).toEqual([])
})
