import type { Message, Room } from '@chat/contract'
import { connectAs, eventually, makeRoom, sendText } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type PushStack, startPushStack, tokenOf, withDevice } from '../testing/stack.ts'

let on: PushStack
let room: Room
const ZED = tokenOf('zed')

beforeAll(async () => {
  on = await startPushStack()
  await withDevice(on.stack, 'zed')
  room = await makeRoom(on.ann, ['zed'])
})
afterAll(() => on?.close())

const pushed = () => on.fcm.shownOn(ZED).map(({ data }) => data.messageId)
const publish = (message: Message) => on.bus.publishRoom(room._id, 'message', message)

test('an event that comes again is not pushed again, and one that is older than an hour never', async () => {
  const first = await sendText(on.ann, room._id)
  await eventually(() => expect(pushed()).toEqual([first._id]))
  publish(first)
  const old = new Date(Date.now() - 61 * 60_000).toISOString()
  publish({ ...first, _id: `${room._id}-0000000099`, createdAt: old, updatedAt: old })
  const last = await sendText(on.ann, room._id)
  await eventually(() => expect(pushed()).toContain(last._id))
  expect(pushed()).toEqual([first._id, last._id])
})

test('an event that comes twice at once is pushed once', async () => {
  const { seq, ...sample } = await sendText(on.ann, room._id)
  const twice = { ...sample, seq: seq + 50, _id: `${room._id}-${String(seq + 50).padStart(10, '0')}` }
  publish(twice)
  publish(twice)
  await eventually(() => expect(pushed()).toContain(twice._id))
  const last = await sendText(on.ann, room._id)
  await eventually(() => expect(pushed()).toContain(last._id))
  expect(pushed().filter((id) => id === twice._id)).toHaveLength(1)
})

test('an event of which no push could be made is pushed when an operator replays it, however old it is', async () => {
  const bob = await connectAs(on.stack, 'bob')
  bob.close()
  const { _id: roomId } = await makeRoom(on.ann, ['bob'])
  const message = await sendText(on.ann, roomId)
  await withDevice(on.stack, 'bob')
  const storedAt = new Date(Date.now() - 61 * 60_000)
  const createdAt = storedAt.toISOString()
  const event = { kind: 'message', message: { ...message, createdAt, updatedAt: createdAt } }
  const dead = { tries: 5, claim: null, deadAt: new Date(), dueAt: new Date(Date.now() + 60_000) }
  const letter = { _id: message._id as never, roomId, event, storedAt, ...dead }
  await on.database.collection('failedEvents').insertOne(letter)
  const caller = { userId: '', requestId: 'operator' }
  await on.bus.askJobs('push-event', 'replayDeadLetters', caller, { ids: [message._id] })
  const shown = () => on.fcm.shownOn(tokenOf('bob')).map(({ data }) => data.messageId)
  await eventually(() => expect(shown()).toEqual([message._id]))
})
