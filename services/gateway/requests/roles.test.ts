import { type ErrorCode, type Message, operations, type Room, rowOf } from '@chat/contract'
import {
  connectAs,
  eventually,
  listed,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

// Every operation by every role in an open and in a frozen room, over two instances of each service: the code follows
// the contract's order of checks, and a refused operation changes nothing and publishes no event.

const insiders = ['master', 'member', 'muted'] as const
const outsiders = ['stranger', 'kicked', 'banned'] as const
type Role = (typeof insiders)[number] | (typeof outsiders)[number]
const roles: Role[] = [...insiders, ...outsiders]
const states = ['open', 'frozen'] as const
type State = (typeof states)[number]

let stack: TestStack
const clients = new Map<string, PlainClient>()
const as = (userId: string) => clients.get(userId) as PlainClient

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  for (const [index, userId] of [...roles, 'witness', 'other', 'newcomer', 'keeper'].entries())
    clients.set(userId, await connectAs(stack, userId, index % 2))
})
afterAll(async () => {
  for (const client of clients.values()) client.close()
  await stack?.close()
})

type Scene = {
  roomId: string
  elsewhere: string
  own: Map<string, Message>
  foreign: Message
  outside: Message
}
let scenes = 0

const send = (who: string, roomId: string, text: string) => sendText(as(who), roomId, text)

async function makeRoom(people: string[]): Promise<string> {
  const sid = `scene-${scenes++}`
  const rules = { canInviteMemebrs: true, canLeaveOutRoom: true }
  const joinUsers = people.map((_id) => ({ _id, nickName: _id, master: ['keeper', 'master'].includes(_id) }))
  const { body } = await stack.post('/chat/room', {
    name: sid,
    roomType: 'INQUIRY',
    joinUsers,
    link: { sid, name: sid },
    rules,
  })
  return (body as Room)._id
}

/** A room in which everyone except the stranger sent a message before some of them were muted, kicked and banned. */
async function makeScene(state: State): Promise<Scene> {
  const writers = ['master', 'member', 'muted', 'kicked', 'banned']
  const roomId = await makeRoom(['keeper', ...writers, 'witness', 'other'])
  const elsewhere = await makeRoom(['keeper', ...roles])
  await as('witness').get('joinRoom', roomId)
  const own = new Map<string, Message>()
  for (const writer of writers) own.set(writer, await send(writer, roomId, `${writer} was here`))
  const foreign = await send('keeper', roomId, 'by someone else')
  const outside = await send('keeper', elsewhere, 'from outside')
  await as('keeper').get('muteUsers', { roomId, targetUserIds: ['muted'] })
  await as('keeper').get('kickOutUsers', { roomId, targetUserIds: ['kicked'] })
  await as('keeper').get('kickOutUsers', { roomId, targetUserIds: ['banned'], ban: true })
  if (state === 'frozen')
    await as('keeper').get('updateRoomSetting', { roomId, updateData: { rules: { isFreezed: true } } })
  return { roomId, elsewhere, own, foreign, outside }
}

const FROZEN = 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED'
const OK = 'OK'
type Code = ErrorCode | 'OK'
type Expected = (role: Role, state: State) => Code
type Case = { event: string; of?: string; input: (scene: Scene, role: Role) => unknown; expected: Expected }

/** Outsiders never learn that the room exists. */
const inside =
  (expected: Expected): Expected =>
  (role, state) =>
    (outsiders as readonly string[]).includes(role) ? 'ROOM_NO_EXISTS' : expected(role, state)
const members = inside(() => OK)
const masters = inside((role) => (role === 'master' ? OK : 'USER_IS_NOT_MASTER'))
const mastersOfOpen = inside((role, state) =>
  role !== 'master' ? 'USER_IS_NOT_MASTER' : state === 'frozen' ? FROZEN : OK,
)
const openOnly = inside((_role, state) => (state === 'frozen' ? FROZEN : OK))
const writers = inside((role, state) =>
  state === 'frozen' ? FROZEN : role === 'muted' ? 'USER_IS_MUTED' : OK,
)
const everybody: Expected = () => OK

const room = ({ roomId }: Scene) => ({ roomId })
const target = (userId: string) => (scene: Scene) => ({ ...room(scene), targetUserIds: [userId] })
const ownMessage = (scene: Scene, role: Role) => (scene.own.get(role) ?? scene.foreign)._id
const fresh = () => crypto.randomUUID()

const file = (scene: Scene) => ({
  ...room(scene),
  syncKey: fresh(),
  type: 'FILE',
  name: 'hello.txt',
  size: 5,
})

const cases: Case[] = [
  { event: 'joinRoom', input: ({ roomId }) => roomId, expected: members },
  { event: 'leaveRoom', input: ({ roomId }) => roomId, expected: members },
  { event: 'leaveOutRoom', input: ({ roomId }) => roomId, expected: members },
  { event: 'inviteRoom', input: target('newcomer'), expected: openOnly },
  { event: 'kickOutUsers', input: target('other'), expected: masters },
  { event: 'unbanUsers', input: target('banned'), expected: masters },
  { event: 'muteUsers', input: target('other'), expected: masters },
  { event: 'unmuteUsers', input: target('muted'), expected: masters },
  { event: 'setMasters', input: (s) => ({ ...target('other')(s), master: true }), expected: masters },
  { event: 'roomAlarmTurnOnOff', input: room, expected: members },
  {
    event: 'updateRoomSetting',
    input: (s) => ({ ...room(s), updateData: { name: 'renamed' } }),
    expected: mastersOfOpen,
  },
  { event: 'setAnnouncement', input: (s) => ({ ...room(s), text: 'hear, hear' }), expected: mastersOfOpen },
  { event: 'listMembers', input: room, expected: members },
  { event: 'updateReadMessage', input: (s) => ({ ...room(s), messageId: s.foreign._id }), expected: members },
  {
    event: 'sendMessage',
    input: (s) => ({ ...room(s), syncKey: fresh(), data: { type: 'TEXT', content: 'hello' } }),
    expected: writers,
  },
  { event: 'listenMessagesByRoom', input: room, expected: members },
  { event: 'syncMessages', input: (s) => ({ ...room(s), afterSeq: 0, afterChange: 0 }), expected: members },
  {
    event: 'deleteMessage',
    of: 'one’s own',
    input: (s, role) => ({ ...room(s), messageId: ownMessage(s, role) }),
    expected: members,
  },
  {
    event: 'deleteMessage',
    of: 'somebody else',
    input: (s) => ({ ...room(s), messageId: s.foreign._id }),
    expected: inside((role) => (role === 'master' ? OK : 'FORBIDDEN')),
  },
  {
    event: 'hideMessage',
    input: (s) => ({ ...room(s), messageId: s.foreign._id, hidden: true }),
    expected: masters,
  },
  {
    event: 'editMessage',
    of: 'one’s own',
    input: (s, role) => ({ ...room(s), messageId: ownMessage(s, role), text: 'corrected' }),
    expected: writers,
  },
  {
    event: 'editMessage',
    of: 'somebody else',
    input: (s) => ({ ...room(s), messageId: s.foreign._id, text: 'corrected' }),
    expected: (role, state) => {
      const code = writers(role, state)
      return code === OK ? 'FORBIDDEN' : code
    },
  },
  {
    event: 'shareMessage',
    of: 'the room',
    input: (s) => ({ ...room(s), messageId: s.foreign._id, targetRoomIds: [s.elsewhere], syncKey: fresh() }),
    expected: members,
  },
  {
    event: 'shareMessage',
    of: 'another room into this one',
    input: (s) => ({
      roomId: s.elsewhere,
      messageId: s.outside._id,
      targetRoomIds: [s.roomId],
      syncKey: fresh(),
    }),
    expected: writers,
  },
  {
    event: 'reportMessage',
    input: (s) => ({ ...room(s), messageId: s.foreign._id, reason: 'spam' }),
    expected: members,
  },
  { event: 'messageReaders', input: (s) => ({ ...room(s), messageId: s.foreign._id }), expected: members },
  {
    event: 'searchMessages',
    of: 'the room',
    input: (s) => ({ ...room(s), keyword: 'here' }),
    expected: members,
  },
  {
    event: 'sendFileMessage',
    input: (s) => ({ ...file(s), data: Buffer.from('hello') }),
    expected: writers,
  },
  { event: 'createUpload', input: (s) => file(s), expected: writers },
  {
    event: 'completeUpload',
    of: 'none',
    input: (s) => ({ ...room(s), syncKey: fresh() }),
    expected: inside(() => 'FILE_NO_EXISTS_WITH_SYNC_KEY'),
  },
  {
    event: 'getFileUrl',
    of: 'a file that is not there',
    input: (s) => ({ ...room(s), path: 'aa/none' }),
    expected: inside(() => 'FILE_NO_EXISTS'),
  },
  {
    event: 'typing',
    of: 'in a room of many',
    input: (s) => ({ ...room(s), isTyping: true }),
    expected: inside((_role, state) => (state === 'frozen' ? FROZEN : 'TYPING_ONLY_IN_ONE_TO_ONE')),
  },
  {
    event: 'exportMessages',
    of: 'by mail where none is sent',
    input: (s) => ({ ...room(s), format: 'TXT', email: 'a@b.c' }),
    expected: inside(() => 'MAIL_NOT_CONFIGURED'),
  },
  {
    event: 'getExport',
    of: 'one that is not there',
    input: () => ({ exportId: 'none' }),
    expected: () => 'FILE_NO_EXISTS',
  },
  { event: 'listExports', input: () => ({}), expected: everybody },
  { event: 'queryPresence', input: () => ({ userIds: ['keeper'] }), expected: everybody },
  { event: 'listGallery', input: (s) => ({ ...room(s), kind: 'LINK' }), expected: members },
  { event: 'exportMessages', input: (s) => ({ ...room(s), format: 'TXT' }), expected: members },
  {
    event: 'getExport',
    of: 'none',
    input: () => ({ exportId: fresh() }),
    expected: () => 'FILE_NO_EXISTS',
  },
  {
    event: 'typing',
    of: 'a room of many',
    input: (s) => ({ ...room(s), isTyping: true }),
    expected: inside((_role, state) => (state === 'frozen' ? FROZEN : 'TYPING_ONLY_IN_ONE_TO_ONE')),
  },
  { event: 'searchMessages', of: 'all rooms', input: () => ({ keyword: 'here' }), expected: everybody },
  { event: 'listenRooms', input: () => null, expected: everybody },
  { event: 'queryRooms', input: () => ({ keyword: 'scene' }), expected: everybody },
  { event: 'createNewRoom', input: () => ({ users: ['other'], name: 'Another' }), expected: everybody },
  { event: 'searchUsers', input: () => ({ keyword: 'keep' }), expected: everybody },
  { event: 'blockUser', input: () => ({ userId: 'newcomer' }), expected: everybody },
  { event: 'unblockUser', input: () => ({ userId: 'newcomer' }), expected: everybody },
  { event: 'listBlocked', input: () => ({}), expected: everybody },
  { event: 'listExports', input: () => ({}), expected: everybody },
  { event: 'queryPresence', input: () => ({ userIds: ['keeper'] }), expected: everybody },
  { event: 'registerDevice', input: () => ({ token: 'a', platform: 'WEB' }), expected: everybody },
  { event: 'unregisterDevice', input: () => ({ token: 'a', platform: 'WEB' }), expected: everybody },
  { event: 'setMentionAlarm', input: () => ({ on: true }), expected: everybody },
]

test('every client operation is in the table', () => {
  const events = (Object.keys(operations) as (keyof typeof operations)[]).flatMap(
    (name) => rowOf(name).event ?? [],
  )
  expect([...new Set(cases.map(({ event }) => event))].sort()).toEqual(events.sort())
})

const perform = async ({ event, input }: Case, scene: Scene, role: Role): Promise<Code> => {
  const envelope = await as(role).ask(event, input(scene, role))
  return envelope.error ?? OK
}

/** Everything that an operation could change, as a master sees it. */
async function look({ roomId }: Scene) {
  const keeper = as('keeper')
  const lists = ['JOINED', 'BANNED', 'MUTED'].map((state) => keeper.get('listMembers', { roomId, state }))
  const messages = await keeper.get('listenMessagesByRoom', { roomId, count: 100 })
  return { room: await listed(keeper, roomId), members: await Promise.all(lists), messages }
}

/** The room once every earlier event has arrived, here and at the witness: others' changes may lag. */
const settled = (scene: Scene, state: State) =>
  eventually(async () => {
    const found = await look(scene)
    expect(await look(scene)).toEqual(found)
    expect(found.room?.lastSeq).toBe(scene.foreign.seq)
    for (const { _id, lastReadMessageId } of found.room?.joinUsers ?? [])
      if (scene.own.has(_id)) expect(lastReadMessageId).toBe(scene.own.get(_id)?._id)
    expect(as('witness').shown(scene.roomId).at(-1)).toMatchObject({ lastSeq: scene.foreign.seq })
    const rules = expect.objectContaining({ isFreezed: state === 'frozen' })
    expect(as('witness').told('listenRoom', scene.roomId)).toMatchObject({ memberCount: 6, rules })
    const readers = as('witness').payloads<{ userId: string }>(`readMessage_${scene.roomId}`)
    expect(readers.map(({ userId }) => userId)).toEqual(expect.arrayContaining(['keeper', 'muted']))
    return found
  })

const titleOf = ({ event, of }: Case) => (of ? `${event} (${of})` : event)

describe.each(states)('in the room state %s', (state) => {
  test.each(roles)(
    'a %s is refused as the contract says, and refusals change nothing',
    async (role) => {
      const scene = await makeScene(state)
      await as('keeper').get('joinRoom', scene.roomId)
      const heard = () =>
        as('witness').heard.filter(({ event, payload }) =>
          [(payload as Room)._id, (payload as Message).roomId, event.split('_').at(-1)].includes(
            scene.roomId,
          ),
        )
      const before = await settled(scene, state)
      const heardBefore = heard().length
      const codes: Record<string, Code> = {}
      const expected: Record<string, Code> = {}
      for (const each of cases) {
        const code = each.expected(role, state)
        if (code === OK) continue
        expected[titleOf(each)] = code
        codes[titleOf(each)] = await perform(each, scene, role)
      }
      expect(codes).toEqual(expected)
      expect(await look(scene)).toEqual(before)
      const silence = heard().slice(heardBefore)
      expect(silence).toEqual([])
      await fence(scene)
      const names = heard().slice(heardBefore)
      expect(names.filter(({ event }) => event.startsWith('listenMessage_'))).toHaveLength(1)
      expect(names.filter(({ event }) => event.startsWith('updateMessage_'))).toHaveLength(0)
      expect(names.filter(({ event }) => event === 'listenRoom')).toHaveLength(state === 'frozen' ? 1 : 0)
    },
    60_000,
  )

  const allowed = roles.flatMap((role) =>
    cases
      .filter((each) => each.expected(role, state) === OK)
      .map((each): [string, string, Case, Role] => [titleOf(each), role, each, role]),
  )
  test.each(allowed)('%s is allowed for a %s', async (_title, _role, each, role) => {
    expect(await perform(each, await makeScene(state), role)).toBe(OK)
  })
})

/** Waits until the witness has received a later message, and so every earlier event. */
async function fence({ roomId }: Scene) {
  const updateData = { rules: { isFreezed: false } }
  const frozen = await listed(as('keeper'), roomId)
  if (frozen?.rules.isFreezed) await as('keeper').get('updateRoomSetting', { roomId, updateData })
  const { seq } = await send('keeper', roomId, 'fence')
  await eventually(() =>
    expect(as('witness').shown(roomId).at(-1)).toMatchObject({
      _id: roomId,
      lastSeq: seq,
    }),
  )
}
