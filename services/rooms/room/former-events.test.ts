import { type RoomEvents, subjectsOf } from '@chat/contract'
import { eventually, openDatabase, openTestBus, startTestStack } from '@chat/testing'
import { expect, test } from '@jest/globals'

test('events that an earlier version stored and did not publish are published at the start', async () => {
  const root = `t${crypto.randomUUID().replaceAll('-', '').slice(0, 12)}`
  const engines = { mongoUrl: process.env.CHAT_TEST_MONGO_URL as string }
  const database = await openDatabase({ root, ...engines }, 'rooms')
  const roomId = 'former'
  const _id = `${roomId}-e000000000000001-0`
  const fact = { _id, roomId, at: new Date().toISOString(), type: 'room.deleted', data: { roomId } }
  await database.collection('facts').insertOne({ _id: _id as never, roomId, fact, createdAt: new Date() })
  const bus = await openTestBus({ root, natsUrl: process.env.CHAT_TEST_NATS_URL as string })
  const heard: RoomEvents['fact'][] = []
  bus.subscribe(subjectsOf(root).roomEvent(roomId, 'fact'), (event) => heard.push(event.json()))
  await bus.flush()
  const stack = await startTestStack({ root })
  await eventually(() => expect(heard).toEqual([fact]))
  expect(await database.collection('facts').countDocuments()).toBe(0)
  await stack.close()
  await bus.close()
  await database.close()
})
