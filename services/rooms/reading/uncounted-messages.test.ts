import { type Message, messageId, type Room, type User } from '@chat/contract'
import {
  connectAs,
  eventually,
  listed,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'

// Promise 4: after any history, over two instances of each service, unread counts, mentions, reader lists and cursors are
// those of a naive model that keeps a row for every member and message.

const people = ['ann', 'ben', 'cho', 'dae'] as const
type Person = (typeof people)[number]
const everybody = [...people, 'offline']
const [master] = people

let stack: TestStack
let elsewhere: { roomId: string; messageId: string }
const clients = new Map<Person, PlainClient>()
const as = (who: Person) => clients.get(who) as PlainClient

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  for (const [index, who] of [...people].entries()) clients.set(who, await connectAs(stack, who, index % 2))
  await (await connectAs(stack, 'offline')).close()
  const room = await makeRoom()
  elsewhere = { roomId: room, messageId: messageId(room, 1) }
  const draft = { roomId: room, syncKey: 'first', data: { type: 'TEXT', content: 'to be shared' } }
  await as(master).get('sendMessage', draft)
})
afterAll(async () => {
  for (const client of clients.values()) client.close()
  await stack?.close()
})

const rules = { canInviteMemebrs: true, canLeaveOutRoom: true }
const makeRoom = async () =>
  (await as(master).get<Room>('createNewRoom', { users: [...people, 'offline'], name: 'Counting', rules }))
    ._id

/** Everything that decides who has read what, in its simplest form. */
class Model {
  frozen = false
  messages: { author: string; deleted: boolean; hidden: boolean; mentions: string[] }[] = []
  members = new Map<string, { read: number; joined: number }>(
    [...people, 'offline'].map((who) => [who, { read: 0, joined: 0 }]),
  )

  get length() {
    return this.messages.length
  }

  at(seq: number) {
    return this.messages[seq - 1]
  }

  isGone = (seq: number) => Boolean(this.at(seq)?.deleted || this.at(seq)?.hidden)

  read(who: string, seq: number) {
    const member = this.members.get(who)
    if (member) member.read = Math.max(member.read, seq)
  }

  post(who: string, mentioned?: string) {
    this.messages.push({ author: who, deleted: false, hidden: false, mentions: this.present(mentioned) })
    this.read(who, this.length)
  }

  present = (who?: string) => (who !== undefined && this.members.has(who) ? [who] : [])

  seqs = () => this.messages.map((_, index) => index + 1)

  unread(who: string): number {
    const { read } = this.members.get(who) ?? { read: 0 }
    return this.seqs().filter((seq) => seq > read && !this.isGone(seq)).length
  }

  unreadMentions(who: string): number {
    const { read } = this.members.get(who) ?? { read: 0 }
    return this.seqs().filter(
      (seq) => seq > read && !this.isGone(seq) && this.at(seq)?.mentions.includes(who),
    ).length
  }

  readers(seq: number) {
    const counted = [...this.members].filter(
      ([who, { joined }]) => who !== this.at(seq)?.author && joined < seq,
    )
    return {
      read: counted.filter(([, { read }]) => read >= seq).map(([who]) => who),
      unread: counted.filter(([, { read }]) => read < seq).map(([who]) => who),
    }
  }
}

type Step = { kind: Kind; who: Person; seq: number }
type Move = {
  /** The event to emit and its payload. */
  emit: (step: Step, roomId: string) => [string, unknown]
  by?: Person
  /** The expected error code; null if the step succeeds and `does` applies to the model. */
  refuses: (model: Model, step: Step) => string | null
  does: (model: Model, step: Step) => void
}

const FROZEN = 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED'
const isOut = (model: Model, { who }: Step) => (model.members.has(who) ? null : 'ROOM_NO_EXISTS')
const ifFrozen = (model: Model) => (model.frozen ? FROZEN : null)
const ifMissing = (model: Model, { seq }: Step) => (model.at(seq) ? null : 'MESSAGE_NO_EXISTS')
const mentioned = ({ seq }: Step) => everybody[seq % everybody.length] as string
const one = (roomId: string, { seq }: Step) => ({ roomId, messageId: messageId(roomId, seq) })
function refusalOfEdit(model: Model, step: Step): string | null {
  const message = model.at(step.seq)
  const isThere = message && !message.deleted && (!message.hidden || step.who === master)
  if (isOut(model, step) ?? ifFrozen(model)) return isOut(model, step) ?? ifFrozen(model)
  if (!isThere) return 'MESSAGE_NO_EXISTS'
  return message.author === step.who ? null : 'FORBIDDEN'
}

const moves = {
  send: {
    emit: (_step, roomId) => [
      'sendMessage',
      { roomId, syncKey: crypto.randomUUID(), data: { type: 'TEXT', content: 'hello' } },
    ],
    refuses: (model, step) => isOut(model, step) ?? ifFrozen(model),
    does: (model, { who }) => model.post(who),
  },
  mention: {
    emit: (step, roomId) => [
      'sendMessage',
      {
        roomId,
        syncKey: crypto.randomUUID(),
        data: { type: 'TEXT', content: `hello @${mentioned(step)}아, @nobody` },
      },
    ],
    refuses: (model, step) => isOut(model, step) ?? ifFrozen(model),
    does: (model, step) => model.post(step.who, mentioned(step)),
  },
  share: {
    emit: (_step, roomId) => [
      'shareMessage',
      { ...elsewhere, targetRoomIds: [roomId], syncKey: crypto.randomUUID() },
    ],
    refuses: (model, step) => isOut(model, step) ?? ifFrozen(model),
    does: (model, { who }) => model.post(who),
  },
  read: {
    emit: (step, roomId) => ['updateReadMessage', one(roomId, step)],
    refuses: (model, step) => isOut(model, step) ?? ifMissing(model, step),
    does: (model, { who, seq }) => model.read(who, seq),
  },
  open: {
    emit: (_step, roomId) => ['joinRoom', roomId],
    refuses: isOut,
    does: (model, { who }) => model.read(who, model.length),
  },
  delete: {
    emit: (step, roomId) => ['deleteMessage', one(roomId, step)],
    refuses: (model, step) =>
      isOut(model, step) ??
      ifMissing(model, step) ??
      (step.who === master || model.at(step.seq)?.author === step.who ? null : 'FORBIDDEN'),
    does: (model, { seq }) => Object.assign(model.at(seq) ?? {}, { deleted: true }),
  },
  hide: {
    by: master,
    emit: (step, roomId) => ['hideMessage', { ...one(roomId, step), hidden: true }],
    refuses: (model, step) =>
      ifMissing(model, step) ?? (model.at(step.seq)?.deleted ? 'MESSAGE_NO_EXISTS' : null),
    does: (model, { seq }) => Object.assign(model.at(seq) ?? {}, { hidden: true }),
  },
  show: {
    by: master,
    emit: (step, roomId) => ['hideMessage', { ...one(roomId, step), hidden: false }],
    refuses: (model, step) =>
      ifMissing(model, step) ?? (model.at(step.seq)?.deleted ? 'MESSAGE_NO_EXISTS' : null),
    does: (model, { seq }) => Object.assign(model.at(seq) ?? {}, { hidden: false }),
  },
  edit: {
    emit: (step, roomId) => ['editMessage', { ...one(roomId, step), text: 'edited' }],
    refuses: (model, step) => refusalOfEdit(model, step),
    does: (model, { seq }) => Object.assign(model.at(seq) ?? {}, { mentions: [] }),
  },
  editToMention: {
    emit: (step, roomId) => ['editMessage', { ...one(roomId, step), text: `@${mentioned(step)}` }],
    refuses: (model, step) => refusalOfEdit(model, step),
    does: (model, step) =>
      Object.assign(model.at(step.seq) ?? {}, { mentions: model.present(mentioned(step)) }),
  },
  kick: {
    by: master,
    emit: ({ who }, roomId) => ['kickOutUsers', { roomId, targetUserIds: [who] }],
    refuses: (model, { who }) => (who === master || !model.members.has(who) ? 'WRONG_TARGET_USER_IDS' : null),
    does: (model, { who }) => void model.members.delete(who),
  },
  leave: {
    emit: (_step, roomId) => ['leaveOutRoom', roomId],
    refuses: (model, step) => (step.who === master ? 'skipped' : isOut(model, step)),
    does: (model, { who }) => void model.members.delete(who),
  },
  invite: {
    by: master,
    emit: ({ who }, roomId) => ['inviteRoom', { roomId, targetUserIds: [who] }],
    refuses: (model, { who }) => {
      if (model.frozen) return FROZEN
      if (who === master) return 'WRONG_TARGET_USER_IDS'
      return model.members.has(who) ? 'JOIN_USER_ALREADY_EXISTS' : null
    },
    does: (model, { who }) => void model.members.set(who, { read: model.length, joined: model.length }),
  },
  freeze: {
    by: master,
    emit: (_step, roomId) => ['updateRoomSetting', { roomId, updateData: { rules: { isFreezed: true } } }],
    refuses: ifFrozen,
    does: (model) => Object.assign(model, { frozen: true }),
  },
  unfreeze: {
    by: master,
    emit: (_step, roomId) => ['updateRoomSetting', { roomId, updateData: { rules: { isFreezed: false } } }],
    refuses: () => null,
    does: (model) => Object.assign(model, { frozen: false }),
  },
} satisfies Record<string, Move>
type Kind = keyof typeof moves

async function play(model: Model, step: Step, roomId: string) {
  const move: Move = moves[step.kind]
  const refusal = move.refuses(model, step)
  // The master stays, so that a member remains to query the room.
  if (refusal === 'skipped') return
  const { error } = await as(move.by ?? step.who).ask(...move.emit(step, roomId))
  expect([step, error]).toEqual([step, refusal])
  if (refusal === null) move.does(model, step)
}

async function compareWith(model: Model, roomId: string) {
  for (const who of people) {
    const room = await listed(as(who), roomId)
    const member = model.members.get(who)
    if (!member) expect(room).toBeUndefined()
    else {
      expect([who, room?.unReadMsgCount]).toEqual([who, model.unread(who)])
      const unReadMentionCount = model.unreadMentions(who)
      expect([who, room?.unReadMentionCount]).toEqual([who, unReadMentionCount])
      const cursor = member.read > 0 ? messageId(roomId, member.read) : null
      expect(room?.joinUsers.find((user) => user._id === who)?.lastReadMessageId).toBe(cursor)
      expect(room).toMatchObject({ lastSeq: model.length, memberCount: model.members.size })
      // The last event and a query agree.
      const told = as(who).heard.findLast(({ payload }) => (payload as Room)?._id === roomId)
      expect(told?.payload).toMatchObject({
        unReadMsgCount: model.unread(who),
        unReadMentionCount,
        lastSeq: model.length,
      })
    }
  }
}

async function compareReaders(model: Model, roomId: string) {
  const { list } = await as(master).get<{ list: Message[] }>('listenMessagesByRoom', { roomId, count: 100 })
  expect(list.map((message) => message.seq)).toEqual(model.seqs())
  for (const { _id, seq, unReadUserCount, status } of list) {
    expect(status).toEqual({ deleted: model.at(seq)?.deleted, hidden: expect.any(Boolean) })
    const expected = model.readers(seq)
    expect([seq, unReadUserCount]).toEqual([seq, model.isGone(seq) ? 0 : expected.unread.length])
    if (model.at(seq)?.deleted) continue
    const readers = await as(master).get<{ read: User[]; unread: User[] }>('messageReaders', {
      roomId,
      messageId: _id,
    })
    const ids = (users: User[]) => users.map((user) => user._id).sort()
    expect({ read: ids(readers.read), unread: ids(readers.unread) }).toEqual({
      read: expected.read.sort(),
      unread: expected.unread.sort(),
    })
  }
}

async function compareOffline(model: Model, roomId: string) {
  const back = await connectAs(stack, 'offline', 1)
  expect(await listed(back, roomId)).toMatchObject({
    unReadMsgCount: model.unread('offline'),
    unReadMentionCount: model.unreadMentions('offline'),
  })
  back.close()
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom<Kind>('send', 'mention', 'mention', 'share') },
    {
      weight: 5,
      arbitrary: fc.constantFrom<Kind>('read', 'open', 'delete', 'hide', 'show', 'edit', 'editToMention'),
    },
    { weight: 3, arbitrary: fc.constantFrom<Kind>('kick', 'leave', 'invite', 'unfreeze', 'freeze') },
  ),
  who: fc.constantFrom(...people),
  seq: fc.integer({ min: 1, max: 12 }),
})

test('counts, readers and cursors are those of a naive model after any history', async () => {
  const history = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' })
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const model = new Model()
      const roomId = await makeRoom()
      for (const each of steps) await play(model, each, roomId)
      await eventually(() => compareWith(model, roomId))
      await eventually(() => compareReaders(model, roomId))
      await compareOffline(model, roomId)
    }),
    { numRuns: 25, endOnFailure: true },
  )
}, 300_000)
