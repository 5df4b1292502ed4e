import type { Message, Room } from '@chat/contract'
import { EventLog } from '@chat/service'
import { connectAs, eventually, makeRoom, type PlainClient, sendText } from '@chat/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type PushStack, startPush, startPushStack, tokenOf, withDevice } from '../testing/stack.ts'

// Who gets a push: bob in every state that there is, ann who writes, and zed who always gets one.

let on: PushStack
let ann: PlainClient
let bob: PlainClient
let elsewhere: PlainClient
let room: Room

beforeAll(async () => {
  on = await startPushStack({}, 2)
  ann = on.ann
  for (const userId of ['ann', 'bob', 'zed']) await withDevice(on.stack, userId)
})
afterAll(async () => {
  for (const client of [bob, elsewhere]) client?.close()
  await on?.close()
})
beforeEach(async () => {
  bob?.close()
  bob = await connectAs(on.stack, 'bob')
  room = await makeRoom(ann, ['bob', 'zed'])
})

afterEach(async () => {
  const again = await connectAs(on.stack, 'bob')
  await again.get('unblockUser', { userId: 'ann' })
  again.close()
})

const messagesOn = (userId: string) => on.fcm.shownOn(tokenOf(userId)).map(({ data }) => data.messageId)

/** Once zed has it, everything that is due at once has been sent, and nothing waits for a second look. */
async function expectPushed({ _id }: Message, isPushed: boolean) {
  await eventually(() => expect(messagesOn('zed')).toContain(_id))
  await eventually(async () => expect(await on.database.collection('tasks').countDocuments()).toBe(0))
  expect(messagesOn('bob').filter((id) => id === _id)).toHaveLength(isPushed ? 1 : 0)
  expect(messagesOn('zed').filter((id) => id === _id)).toHaveLength(1)
  expect(messagesOn('ann')).not.toContain(_id)
}

/** As it is once mentions are resolved: the bus carries whom a message mentions. */
async function sendMention(userId: string): Promise<Message> {
  const last = await sendText(ann, room._id)
  const mention = { ...last, seq: last.seq + 1, mentions: [userId], syncKey: crypto.randomUUID() }
  const message = { ...mention, _id: last._id.replace(/\d+$/, String(last.seq + 1).padStart(10, '0')) }
  await new EventLog(on.bus).append({ kind: 'message', message })
  return message
}

type Case = [state: string, isPushed: boolean, arrange: () => Promise<unknown>]
const cases: Case[] = [
  ['is offline', true, async () => bob.close()],
  ['is connected and has no room open', true, async () => {}],
  ['has another room open', true, async () => bob.get('joinRoom', (await makeRoom(ann, ['bob']))._id)],
  ['has the room open', false, () => bob.get('joinRoom', room._id)],
  [
    'has it open on another device, at another gateway',
    false,
    async () => {
      elsewhere = await connectAs(on.stack, 'bob', 1)
      await elsewhere.get('joinRoom', room._id)
    },
  ],
  [
    'has opened it and closed it again',
    true,
    async () => {
      await bob.get('joinRoom', room._id)
      await bob.get('leaveRoom', room._id)
    },
  ],
  ['has the alarm off', false, () => bob.get('roomAlarmTurnOnOff', { roomId: room._id, alarmOn: false })],
  ['has blocked the author', false, () => bob.get('blockUser', { userId: 'ann' })],
  [
    'has blocked the author and taken it back',
    true,
    async () => {
      await bob.get('blockUser', { userId: 'ann' })
      await bob.get('unblockUser', { userId: 'ann' })
    },
  ],
  [
    'was kicked a moment ago',
    false,
    () => ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['bob'] }),
  ],
]

test.each(cases)('one who %s: %p', async (_state, isPushed, arrange) => {
  await arrange()
  await expectPushed(await sendText(ann, room._id), isPushed)
})

describe('with the alarm off', () => {
  beforeEach(async () => {
    await bob.get('roomAlarmTurnOnOff', { roomId: room._id, alarmOn: false })
  })

  test('a mention reaches one all the same, and others not', async () => {
    await expectPushed(await sendMention('bob'), true)
    await expectPushed(await sendMention('zed'), false)
  })

  test('not who does not want it, until they want it again', async () => {
    await bob.get('setMentionAlarm', { on: false })
    await expectPushed(await sendMention('bob'), false)
    await bob.get('setMentionAlarm', { on: true })
    await expectPushed(await sendMention('bob'), true)
  })

  test('nor by someone they have blocked', async () => {
    await bob.get('blockUser', { userId: 'ann' })
    await expectPushed(await sendMention('bob'), false)
  })
})

describe('it is decided when it is done', () => {
  /** Sends while no push service runs; what happens then comes before it is handled. */
  async function meanwhile(happens: (message: Message) => Promise<unknown>): Promise<Message> {
    await on.push.close()
    const message = await sendText(ann, room._id)
    await happens(message)
    on.push = await startPush(on.stack)
    return message
  }

  test.each<[string, (message: Message) => Promise<unknown>]>([
    ['was kicked', () => ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['bob'] })],
    ['has read it', ({ _id }) => bob.get('updateReadMessage', { roomId: room._id, messageId: _id })],
    ['has turned the alarm off', () => bob.get('roomAlarmTurnOnOff', { roomId: room._id, alarmOn: false })],
    ['has it open', () => bob.get('joinRoom', room._id)],
  ])('one who %s since is not told', async (_what, happens) => {
    await expectPushed(await meanwhile(happens), false)
  })

  test('one who came later is not told', async () => {
    await ann.get('kickOutUsers', { roomId: room._id, targetUserIds: ['bob'] })
    const message = await meanwhile(() =>
      ann
        .get('updateRoomSetting', { roomId: room._id, updateData: { rules: { canInviteMemebrs: true } } })
        .then(() => ann.get('inviteRoom', { roomId: room._id, targetUserIds: ['bob'] })),
    )
    await expectPushed(message, false)
  })

  test.each([
    ['deleted', (messageId: string) => ann.get('deleteMessage', { roomId: room._id, messageId })],
    ['hidden', (messageId: string) => ann.get('hideMessage', { roomId: room._id, messageId, hidden: true })],
  ])('nobody is told of a message that was %s since', async (_what, happens) => {
    const gone = await meanwhile(({ _id }) => happens(_id))
    await expectPushed(await sendText(ann, room._id), true)
    expect([...messagesOn('bob'), ...messagesOn('zed')]).not.toContain(gone._id)
  })
})

describe('one who had the room open is looked at again', () => {
  test('and told where the message is unread and they are gone', async () => {
    await bob.get('joinRoom', room._id)
    const message = await sendText(ann, room._id)
    await eventually(async () => expect(await on.database.collection('tasks').countDocuments()).toBe(1))
    expect(messagesOn('bob')).not.toContain(message._id)
    bob.close()
    await eventually(() => expect(messagesOn('bob')).toContain(message._id))
    await expectPushed(message, true)
  })

  test('and left alone where they have read it', async () => {
    await bob.get('joinRoom', room._id)
    const message = await sendText(ann, room._id)
    await bob.get('updateReadMessage', { roomId: room._id, messageId: message._id })
    bob.close()
    await expectPushed(message, false)
  })

  test('and not told of what was deleted meanwhile', async () => {
    await bob.get('joinRoom', room._id)
    const message = await sendText(ann, room._id)
    await eventually(async () => expect(await on.database.collection('tasks').countDocuments()).toBe(1))
    await ann.get('deleteMessage', { roomId: room._id, messageId: message._id })
    bob.close()
    await expectPushed(message, false)
  })
})
