import type { Room } from '@chat/contract'
import { connectAs, eventually, sendText } from '@chat/testing'
import { expect, test } from '@jest/globals'
import { MOST_AT_ONCE } from '../delivery/push-delivery.ts'
import { startPushStack } from '../testing/stack.ts'

const MEMBERS = 1_000
const AT_ONCE = 20

test(`a room of ${MEMBERS} gets its pushes in batches of a few hundred, each member once`, async () => {
  const { stack, fcm, bus, close } = await startPushStack()
  const joinUsers = Array.from({ length: MEMBERS }, (_, index) => ({
    _id: `u${index}`,
    nickName: `u${index}`,
  }))
  const { body } = await stack.post('/chat/room', {
    ...{ name: 'All', roomType: 'GROUP', link: { sid: 'all', name: 'All' } },
    joinUsers,
  })
  const room = body as Room
  for (let start = 0; start < MEMBERS; start += AT_ONCE) {
    await Promise.all(
      joinUsers
        .slice(start, start + AT_ONCE)
        .map(({ _id: userId }) =>
          bus.ask(
            'registerDevice',
            { userId, requestId: 'test' },
            { token: `device-${userId}`, platform: 'WEB' },
          ),
        ),
    )
  }
  fcm.pauseMs = 20
  const author = await connectAs(stack, 'u0')
  const message = await sendText(author, room._id)
  const tokens = () => fcm.received.filter(({ message: each }) => each.data.messageId === message._id)
  await eventually(() => expect(tokens()).toHaveLength(MEMBERS - 1), 60_000)
  const told = new Set(tokens().map(({ message: { token } }) => token))
  expect(told.size).toBe(MEMBERS - 1)
  expect(told.has('device-u0')).toBe(false)
  expect(fcm.mostAtOnce).toBeLessThanOrEqual(MOST_AT_ONCE)
  // Later messages repeat no push.
  const next = await sendText(author, room._id)
  const later = () => fcm.received.filter(({ message: each }) => each.data.messageId === next._id)
  await eventually(() => expect(later()).toHaveLength(MEMBERS - 1), 60_000)
  expect(tokens()).toHaveLength(MEMBERS - 1)
  author.close()
  await close()
}, 150_000)
