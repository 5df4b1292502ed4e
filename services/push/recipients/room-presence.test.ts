import { connectAs, eventually, makeRoom, openTestBus, startTestStack } from '@chat/testing'
import { expect, test } from '@jest/globals'
import { usersInRooms } from './room-presence.ts'

test('every gateway reports who has a room open, until they close it or disconnect', async () => {
  const stack = await startTestStack({ instances: { gateways: 2, push: 0 } })
  const bus = await openTestBus(stack)
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
    [...((await usersInRooms(bus, [room._id, other._id], 200)).get(room._id) ?? [])].toSorted()
  expect(await inRoom()).toEqual([])

  for (const client of [ann, bob, again, cid]) await client.get('joinRoom', room._id)
  // A room opened twice on one socket counts once.
  await bob.get('joinRoom', room._id)
  await eventually(async () => expect(await inRoom()).toEqual(['ann', 'bob', 'cid']))
  expect((await usersInRooms(bus, [other._id], 200)).size).toBe(0)

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

test('if nobody has a room open, the answer comes at once, whatever the time limit', async () => {
  const stack = await startTestStack({ instances: { push: 0 } })
  const bus = await openTestBus(stack)
  const answer = await usersInRooms(bus, ['a', 'b.c', '*'], 60_000)
  expect(answer.size).toBe(0)
  expect((await usersInRooms(bus, [], 60_000)).size).toBe(0)
  await bus.close()
  await stack.close()
})
