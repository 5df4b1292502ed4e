import type { Message, Room } from '@chat/contract'
import { startStackService } from '@chat/stack/testing'
import { connectAs, eventually, openDatabase, sendText, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// An instance that dies while it erases a user leaves the job as it was after its last step.

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
async function leaveJob(userId: string, step: number, dueAt: Date) {
  const database = await openDatabase(stack, 'platform')
  const job = { step, cursor: null, claim: 'a dead instance', dueAt, tries: 0, createdAt: new Date() }
  await database.collection('erasures').insertOne({ _id: userId as never, ...job })
  return database
}

test.each([0, 1, 2, 3, 4])('the job of an instance that died before step %i is continued', async (step) => {
  const userId = `goner-${step}`
  const roomId = await talkingRoom(userId)
  // The earlier steps are done. They are not repeated.
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

test('while another instance erases the user, a request answers RUNNING and does nothing', async () => {
  const roomId = await talkingRoom('busy')
  const database = await leaveJob('busy', 0, new Date(Date.now() + 60_000))
  try {
    const { body } = await stack.call('DELETE', '/v1/users/busy')
    expect(body).toMatchObject({ data: { state: 'RUNNING' } })
    expect(new Set(await authorsIn(roomId))).toEqual(new Set(['busy']))
    await database
      .collection('erasures')
      .updateOne({ _id: 'busy' as never }, { $set: { dueAt: new Date(0) } })
    await eventually(
      async () => expect(new Set(await authorsIn(roomId))).toEqual(new Set(['(erased)'])),
      30_000,
    )
  } finally {
    await database.close()
  }
})

test('an instance that starts continues a job that a version before the job library left', async () => {
  const roomId = await talkingRoom('old-goner')
  const database = await openDatabase(stack, 'platform')
  const job = { step: 0, cursor: null, by: 'an old instance', until: new Date(0), createdAt: new Date() }
  await database.collection('erasures').insertOne({ _id: 'old-goner' as never, ...job })
  const instance = await startStackService('platform-api', stack)
  try {
    await eventually(
      async () => expect(new Set(await authorsIn(roomId))).toEqual(new Set(['(erased)'])),
      30_000,
    )
    await eventually(async () => expect(await database.collection('erasures').countDocuments()).toBe(0))
  } finally {
    await instance.close()
    await database.close()
  }
})
