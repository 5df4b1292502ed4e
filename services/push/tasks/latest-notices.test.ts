import { setTimeout as delay } from 'node:timers/promises'
import type { Message, Room } from '@chat/contract'
import { connectAs, eventually, makeRoom, sendText } from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type PushStack, startPush, startPushStack, tokenOf, withDevice } from '../testing/stack.ts'

let on: PushStack
let room: Room
const ZED = tokenOf('zed')
const times = { secondLookMs: 3_000 }

beforeAll(async () => {
  on = await startPushStack(times)
  await withDevice(on.stack, 'zed')
  room = await makeRoom(on.ann, ['zed'])
})
afterAll(() => on?.close())
beforeEach(() => {
  on.fcm.received.length = 0
  on.fcm.answers.clear()
})

const edit = ({ _id: messageId }: Message, text: string) =>
  on.ann.get('editMessage', { roomId: room._id, messageId, text })
const told = ({ _id }: Message) => on.fcm.shownOn(ZED).filter(({ data }) => data.messageId === _id)
const says = (text: string) => ({ notification: { body: `ann: ${text}` } })

test('a delayed push has the current text of its message', async () => {
  const zed = await connectAs(on.stack, 'zed')
  await zed.get('joinRoom', room._id)
  const message = await sendText(on.ann, room._id, 'my password')
  await eventually(async () => expect(await on.database.collection('tasks').countDocuments()).toBe(1))
  await edit(message, 'hello')
  zed.close()
  await eventually(() => expect(told(message)).toMatchObject([says('hello')]))
})

test('a push has the current text if the message was edited before the push service handled it', async () => {
  await on.push.close()
  const message = await sendText(on.ann, room._id, 'my password')
  await edit(message, 'hello')
  await edit(message, 'hello again')
  // Longer than the age up to which a push uses the text of the event.
  await delay(1_000)
  on.push = await startPush(on.stack, times)
  await eventually(() => expect(told(message)).toMatchObject([says('hello again')]))
})

test('a replayed dead letter has the current text', async () => {
  on.fcm.usual = 'INTERNAL'
  const message = await sendText(on.ann, room._id, 'my password')
  const dead = { deadAt: { $gt: new Date(0) } }
  await eventually(async () => expect(await on.database.collection('tasks').countDocuments(dead)).toBe(1))
  await edit(message, 'hello')
  on.fcm.usual = 'ok'
  on.fcm.received.length = 0
  await on.bus.askJobs(
    'push',
    'replayDeadLetters',
    { userId: '', requestId: 'operator' },
    {
      ids: [message._id],
    },
  )
  await eventually(() => expect(told(message)).toMatchObject([says('hello')]))
})
