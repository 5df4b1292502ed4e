import { connectPlain, eventually, makeRoom, openWire, sendText } from '@chat/testing'
import { expect, test } from '@jest/globals'
import { defaultTimes } from '../parts.ts'
import { register, startPushStack } from '../testing/stack.ts'

// In real time: the gateway's own time-outs and the second look must fit together.

test('a phone that lost its network, while the room seems open, gets its push within a minute', async () => {
  const { stack, fcm, ann, close } = await startPushStack({ secondLookMs: defaultTimes.secondLookMs })
  const wire = await openWire(stack.gatewayUrl)
  const bob = await connectPlain(wire.url, await stack.token('bob'))
  const token = await register(bob, 'phone')
  const room = await makeRoom(ann, ['bob'])
  await bob.get('joinRoom', room._id)
  // No more data passes, and neither end notices.
  wire.freeze()
  await sendText(ann, room._id)
  expect(fcm.shownOn(token)).toEqual([])
  await eventually(() => expect(fcm.shownOn(token)).toHaveLength(1), 60_000)
  bob.close()
  await wire.close()
  await close()
}, 90_000)
