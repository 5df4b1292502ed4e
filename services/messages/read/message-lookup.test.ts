import { messageId } from '@chat/contract'
import {
  connectAs,
  makeRoom,
  openDatabase,
  openTestBus,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { seedRoom } from '../testing.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await startTestStack()
})
afterAll(() => stack?.close())

test('a lookup answers up to its size limit and names the ids left over for the next request', async () => {
  const ann = await connectAs(stack, 'ann')
  const ben = await connectAs(stack, 'ben')
  const room = await makeRoom(ann, ['ben'])
  const first = await sendText(ann, room._id, 'first')
  const database = await openDatabase(stack)
  await seedRoom(database, first, 40, () => 'x'.repeat(300_000))
  const bus = await openTestBus(stack)
  try {
    const ids = Array.from({ length: 41 }, (_, index) => messageId(room._id, index + 1))
    const caller = { userId: '', requestId: 'test' }
    const found: string[] = []
    for (let left = ids; left.length > 0; ) {
      const answer = await bus.ask('messagesNow', caller, { messageIds: left })
      expect(answer.list.length).toBeLessThanOrEqual(4)
      found.push(...answer.list.map(({ _id }) => _id))
      left = answer.left
    }
    // The last one does not exist.
    expect(found.toSorted()).toEqual(ids.slice(0, 40))
  } finally {
    await bus.close()
    await database.close()
    for (const client of [ann, ben]) client.close()
  }
})
