import type { Message, Room } from '@chat/contract'
import { startStackService } from '@chat/stack/testing'
import {
  connectAs,
  connectPlain,
  eventually,
  makeRoom,
  openNatsTap,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

// Promise 1: what one gateway's subscription missed is heard there, even if nothing follows it in the room.

let stack: TestStack
let tap: Awaited<ReturnType<typeof openNatsTap>>
let gateway: Awaited<ReturnType<typeof startStackService>>
let ann: PlainClient
/** Connected to the gateway that misses something. */
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack()
  const natsUrl = new URL(stack.natsUrlOf('gateway'))
  tap = await openNatsTap(natsUrl.href)
  natsUrl.host = new URL(tap.url).host
  gateway = await startStackService('gateway', { ...stack, natsUrl: natsUrl.href })
  ann = await connectAs(stack, 'ann')
  ben = await connectPlain(`ws://127.0.0.1:${gateway.port}`, await stack.token('ben'))
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await gateway?.close()
  await tap?.close()
  await stack?.close()
})

beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
  await ann.get('joinRoom', room._id)
  await ben.get('joinRoom', room._id)
})

const subjectOf = (kind: string) => `${stack.root}.event.room.${room._id}.${kind}`
const heard = (event: string) =>
  ben.payloads<Message>(`${event}_${room._id}`).map(({ data }) => data.content.text)

test('the last message of a room', async () => {
  await sendText(ann, room._id, 'one')
  await eventually(() => expect(heard('listenMessage')).toEqual(['one']))
  const lost = tap.loseNext(subjectOf('message'))
  await sendText(ann, room._id, 'two')
  await lost
  await eventually(() => expect(heard('listenMessage')).toEqual(['one', 'two']))
  await sendText(ann, room._id, 'three')
  await eventually(() => expect(heard('listenMessage')).toEqual(['one', 'two', 'three']))
})

test('several messages, of which only the first is missing', async () => {
  const lost = tap.loseNext(subjectOf('message'))
  for (const text of ['one', 'two', 'three']) await sendText(ann, room._id, text)
  await lost
  await eventually(() => expect(heard('listenMessage')).toEqual(['one', 'two', 'three']))
})

test('the last change of a room', async () => {
  const message = await sendText(ann, room._id, 'one')
  const lost = tap.loseNext(subjectOf('change'))
  await ann.get('editMessage', { roomId: room._id, messageId: message._id, text: 'two' })
  await lost
  const bus = await openTestBus(stack)
  bus.publishRoom(room._id, 'gone', { lastChange: 1 })
  await eventually(() => expect(heard('updateMessage')).toEqual(['two']))
  await bus.close()
})
