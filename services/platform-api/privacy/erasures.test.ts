import type { Message, Room } from '@chat/contract'
import { connectAs, eventually, openDatabase, sendText, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// A process that dies while it erases somebody leaves a job behind, as it stood after its last step.

let stack: TestStack
beforeAll(async () => {
  stack = await startTestStack()
})
afterAll(() => stack?.close())

const person = (_id: string) => ({ _id, nickName: _id })
async function talkingRoom(userId: string) {
  const joinUsers = [person('keeper'), person(userId)]
  const { body } = await stack.call('POST', '/v1/rooms', { name: 'Room', roomType: 'INQUIRY', joinUsers })
  const { _id } = (body as { data: Room }).data
  const client = await connectAs(stack, userId)
  for (let n = 0; n < 5; n++) await sendText(client, _id, `secret ${n}`)
  client.close()
  return _id
}
const authorsIn = async (roomId: string) => {
  const { body } = await stack.call('GET', `/v1/rooms/${roomId}/messages`)
  return (body as { data: { list: Message[] } }).data.list.map(({ author }) => author.authorId)
}
async function leaveJob(userId: string, step: number, until: Date) {
  const database = await openDatabase(stack, 'platform')
  const job = { step, cursor: null, by: 'somebody dead', until, createdAt: new Date() }
  await database.collection('erasures').insertOne({ _id: userId as never, ...job })
  return database
}

test.each([0, 1, 2, 3, 4])('one that died before step %i is gone on with', async (step) => {
  const userId = `goner-${step}`
  const roomId = await talkingRoom(userId)
  // What came before the step was done by the one who died; a step that was done is not done again.
  const database = await leaveJob(userId, step, new Date(Date.now() - 1))
  try {
    await eventually(
      async () => expect(await database.collection('erasures').countDocuments()).toBe(0),
      30_000,
    )
  } finally {
    await database.close()
  }
  expect((await stack.call('GET', `/v1/users/${userId}`)).status).toBe(404)
  const authors = await authorsIn(roomId)
  expect(authors).toHaveLength(5)
  if (step <= 1) expect(new Set(authors)).toEqual(new Set(['(erased)']))
})

test('while another process is at it, a request tells so and disturbs nothing', async () => {
  const roomId = await talkingRoom('busy')
  const database = await leaveJob('busy', 0, new Date(Date.now() + 60_000))
  try {
    const { body } = await stack.call('DELETE', '/v1/users/busy')
    expect(body).toMatchObject({ data: { state: 'RUNNING' } })
    expect(new Set(await authorsIn(roomId))).toEqual(new Set(['busy']))
    await database
      .collection('erasures')
      .updateOne({ _id: 'busy' as never }, { $set: { until: new Date(0) } })
    await eventually(
      async () => expect(new Set(await authorsIn(roomId))).toEqual(new Set(['(erased)'])),
      30_000,
    )
  } finally {
    await database.close()
  }
})
