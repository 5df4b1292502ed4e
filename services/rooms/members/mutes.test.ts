import type { Room } from '@chat/contract'
import { connectAs, makeRoom, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

// A muted member stays muted after leaving and coming back.

let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { rooms: 2 } })
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'], { canInviteMemebrs: true, canLeaveOutRoom: true })
})

const ofBen = () => ({ roomId: room._id, targetUserIds: ['ben'] })
const mutedUntil = async () =>
  (await ann.get<{ list: { mutedUntil?: string }[] }>('listMembers', { ...ofBen(), state: 'MUTED' })).list[0]
    ?.mutedUntil
const send = () =>
  ben.ask('sendMessage', {
    syncKey: crypto.randomUUID(),
    roomId: room._id,
    data: { type: 'TEXT', content: 'hello' },
  })

test.each([
  ['leaving', () => ben.get('leaveOutRoom', room._id)],
  ['being kicked', () => ann.get('kickOutUsers', ofBen())],
])('a mute survives %s and being invited again', async (_how, leave) => {
  await ann.get('muteUsers', { ...ofBen(), minutes: 5 })
  const until = await mutedUntil()
  expect(until).toEqual(expect.any(String))
  for (let n = 0; n < 2; n++) {
    await leave()
    await ann.get('inviteRoom', ofBen())
    expect(await mutedUntil()).toBe(until)
    expect(await send()).toMatchObject({ error: 'USER_IS_MUTED' })
  }
  await ann.get('unmuteUsers', ofBen())
  expect(await send()).toMatchObject({ success: true })
  await leave()
  await ann.get('inviteRoom', ofBen())
  expect(await mutedUntil()).toBeUndefined()
  expect(await send()).toMatchObject({ success: true })
})
