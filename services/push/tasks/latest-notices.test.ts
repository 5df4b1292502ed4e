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

test('a push that was waited with says what the message says by then', async () => {
  const zed = await connectAs(on.stack, 'zed')
  await zed.get('joinRoom', room._id)
  const message = await sendText(on.ann, room._id, 'my password')
  await eventually(async () => expect(await on.database.collection('tasks').countDocuments()).toBe(1))
  await edit(message, 'hello')
  zed.close()
  await eventually(() => expect(told(message)).toMatchObject([says('hello')]))
})

test('so does one of a message that was edited before the push service came to it', async () => {
  await on.push.close()
  const message = await sendText(on.ann, room._id, 'my password')
  await edit(message, 'hello')
  await edit(message, 'hello again')
  // Longer than a message may wait and still be told as it was sent.
  await delay(1_000)
  on.push = await startPush(on.stack, times)
  await eventually(() => expect(told(message)).toMatchObject([says('hello again')]))
})

test('and a dead letter, when it is replayed', async () => {
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
