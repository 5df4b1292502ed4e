import { connectAs, eventually, makeRoom, openTestBus, startTestStack } from '@chat/testing'
import { expect, test } from '@jest/globals'
import { RoomPresence } from './room-presence.ts'

test('every edge tells who has a room open, until they close it or are gone', async () => {
  const stack = await startTestStack({ instances: { gateways: 2, push: 0 } })
  const bus = await openTestBus(stack)
  const presence = new RoomPresence(bus, 200)
  const [ann, bob, again, cid] = await Promise.all([
    ...[
      connectAs(stack, 'ann'),
      connectAs(stack, 'bob'),
      connectAs(stack, 'bob', 1),
      connectAs(stack, 'cid', 1),
    ],
  ] as const)
  const [room, other] = [await makeRoom(ann, ['bob', 'cid']), await makeRoom(ann, ['bob'])]
  const inRoom = async () =>
    [...((await presence.inRooms([room._id, other._id])).get(room._id) ?? [])].toSorted()
  expect(await inRoom()).toEqual([])

  for (const client of [ann, bob, again, cid]) await client.get('joinRoom', room._id)
  // A room opened twice on one socket is one.
  await bob.get('joinRoom', room._id)
  await eventually(async () => expect(await inRoom()).toEqual(['ann', 'bob', 'cid']))
  expect((await presence.inRooms([other._id])).size).toBe(0)

  await bob.get('leaveRoom', room._id)
  expect(await inRoom()).toEqual(['ann', 'bob', 'cid'])
  again.close()
  await eventually(async () => expect(await inRoom()).toEqual(['ann', 'cid']))
  await ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['cid'] })
  expect(await inRoom()).toEqual(['ann'])
  ann.close()
  await eventually(async () => expect(await inRoom()).toEqual([]))

  for (const client of [bob, cid]) client.close()
  await bus.close()
  await stack.close()
})

test('where nobody has any open the answer comes at once, however long one would wait', async () => {
  const stack = await startTestStack({ instances: { push: 0 } })
  const bus = await openTestBus(stack)
  const answer = await new RoomPresence(bus, 60_000).inRooms(['a', 'b.c', '*'])
  expect(answer.size).toBe(0)
  expect((await new RoomPresence(bus, 60_000).inRooms([])).size).toBe(0)
  await bus.close()
  await stack.close()
})
