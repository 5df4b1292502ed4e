import type { Message, Room } from '@chat/contract'
import type { Bus } from '@chat/service'
import {
  connectAs,
  eventually,
  makeRoom,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// An event that a service cannot handle is set aside in that service, where an operator finds it; the others go on.

const caller = { userId: '', requestId: 'operator' }
const kinds = ['rooms-event', 'files-event', 'push-event', 'webhook-event']

let stack: TestStack
let bus: Bus
let ann: PlainClient
beforeAll(async () => {
  stack = await startTestStack({ config: { webhooksMayBePrivate: true } })
  bus = await openTestBus(stack)
  ann = await connectAs(stack, 'ann')
  const ben = await connectAs(stack, 'ben')
  // Without any device, push handles nothing.
  await ben.get('registerDevice', { token: 'device', platform: 'WEB' })
  ben.close()
  const created = await stack.call('POST', '/v1/webhooks', { url: 'http://127.0.0.1:9/' })
  expect(created.status).toBe(201)
})
afterAll(async () => {
  ann?.close()
  await bus?.close()
  await stack?.close()
})

test('every service sets a poison event aside and handles those around it', async () => {
  const room = await makeRoom(ann, ['ben'])
  await sendText(ann, room._id, 'before')
  // Like a message with files, since only such are handled by files.
  const data = { type: 'FILE' }
  const poison = { _id: `${room._id}-9`, roomId: room._id, seq: 9, createdAt: new Date().toISOString(), data }
  bus.publishRoom(room._id, 'message', poison as Message)
  await bus.flush()
  const { seq } = await sendText(ann, room._id, 'after')
  const waiting = async (kind: string) => {
    const counts = await bus.askJobs(kind, 'countJobs', caller, {})
    return counts.waiting + counts.running
  }
  await eventually(async () => {
    const counts = await Promise.all(kinds.map(waiting))
    expect(Object.fromEntries(kinds.map((kind, n) => [kind, counts[n]]))).toEqual(
      Object.fromEntries(kinds.map((kind) => [kind, 1])),
    )
  })
  await eventually(async () => {
    const { list } = await ann.get<{ list: Room[] }>('listenRooms', {})
    expect(list.find(({ _id }) => _id === room._id)?.lastMessage?.seq).toBe(seq)
  })
})
