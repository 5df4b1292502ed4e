import type { Message, Room } from '@chat/contract'
import { connectAs, eventually, makeRoom, type PlainClient, sendText } from '@chat/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { jetstream } from '@nats-io/jetstream'
import { type PushStack, startPush, startPushStack, tokenOf, withDevice } from '../testing/stack.ts'

// Who gets a push: bob in every possible state, ann as the author, and zed, who always gets one.

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

/** Waits until zed has the push and no task waits: then every push of the message is sent. */
async function expectPushed({ _id }: Message, isPushed: boolean) {
  await eventually(() => expect(messagesOn('zed')).toContain(_id))
  await eventually(async () => expect(await on.database.collection('tasks').countDocuments()).toBe(0))
  expect(messagesOn('bob').filter((id) => id === _id)).toHaveLength(isPushed ? 1 : 0)
  expect(messagesOn('zed').filter((id) => id === _id)).toHaveLength(1)
  expect(messagesOn('ann')).not.toContain(_id)
}

/** Publishes a message with resolved mentions, as the event stream carries it. */
async function sendMention(userId: string): Promise<Message> {
  const last = await sendText(ann, room._id)
  const mention = { ...last, seq: last.seq + 1, mentions: [userId], syncKey: crypto.randomUUID() }
  const message = { ...mention, _id: last._id.replace(/\d+$/, String(last.seq + 1).padStart(10, '0')) }
  const { connection, subjects } = on.bus
  const subject = subjects.roomEvent(room._id, 'message')
  await jetstream(connection).publish(subject, JSON.stringify(message), { msgID: message._id })
  return message
}

type Case = [state: string, isPushed: boolean, arrange: () => Promise<unknown>]
const cases: Case[] = [
  ['is offline', true, async () => bob.close()],
  ['is connected and has no room open', true, async () => {}],
  ['has another room open', true, async () => bob.get('joinRoom', (await makeRoom(ann, ['bob']))._id)],
  ['has the room open', false, () => bob.get('joinRoom', room._id)],
  [
    'has it open on another device, through another gateway',
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
    'has blocked and unblocked the author',
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

test.each(cases)('a user who %s gets a push: %p', async (_state, isPushed, arrange) => {
  await arrange()
  await expectPushed(await sendText(ann, room._id), isPushed)
})

describe('with the alarm off', () => {
  beforeEach(async () => {
    await bob.get('roomAlarmTurnOnOff', { roomId: room._id, alarmOn: false })
  })

  test('a mention still sends a push, only to the mentioned user', async () => {
    await expectPushed(await sendMention('bob'), true)
    await expectPushed(await sendMention('zed'), false)
  })

  test('a mention sends no push while the user has mention alarms off', async () => {
    await bob.get('setMentionAlarm', { on: false })
    await expectPushed(await sendMention('bob'), false)
    await bob.get('setMentionAlarm', { on: true })
    await expectPushed(await sendMention('bob'), true)
  })

  test('a mention by a blocked user sends no push', async () => {
    await bob.get('blockUser', { userId: 'ann' })
    await expectPushed(await sendMention('bob'), false)
  })
})

describe('recipients are decided when a push is sent', () => {
  /** Sends while no push service runs, so that `happens` comes before the push is handled. */
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
  ])('a user who meanwhile %s gets no push', async (_what, happens) => {
    await expectPushed(await meanwhile(happens), false)
  })

  test('a user who joined after the message gets no push', async () => {
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
  ])('a message that was meanwhile %s sends no push', async (_what, happens) => {
    const gone = await meanwhile(({ _id }) => happens(_id))
    await expectPushed(await sendText(ann, room._id), true)
    expect([...messagesOn('bob'), ...messagesOn('zed')]).not.toContain(gone._id)
  })
})

describe('a user who had the room open gets a second look', () => {
  test('and gets a push if the message is unread and they have left', async () => {
    await bob.get('joinRoom', room._id)
    const message = await sendText(ann, room._id)
    await eventually(async () => expect(await on.database.collection('tasks').countDocuments()).toBe(1))
    expect(messagesOn('bob')).not.toContain(message._id)
    bob.close()
    await eventually(() => expect(messagesOn('bob')).toContain(message._id))
    await expectPushed(message, true)
  })

  test('and gets no push if they have read it', async () => {
    await bob.get('joinRoom', room._id)
    const message = await sendText(ann, room._id)
    await bob.get('updateReadMessage', { roomId: room._id, messageId: message._id })
    bob.close()
    await expectPushed(message, false)
  })

  test('and gets no push if the message was deleted meanwhile', async () => {
    await bob.get('joinRoom', room._id)
    const message = await sendText(ann, room._id)
    await eventually(async () => expect(await on.database.collection('tasks').countDocuments()).toBe(1))
    await ann.get('deleteMessage', { roomId: room._id, messageId: message._id })
    bob.close()
    await expectPushed(message, false)
  })
})
