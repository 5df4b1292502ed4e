import { type Caller, defaultRules, Fault, type Handlers, type Output } from '@chat/contract'
import { type Bus, createLogger, createMetrics, openBus } from '@chat/service'
import { eventually } from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createInbox } from '@nats-io/transport-node'
import { AccessCache } from './access-cache.ts'

// Promise 3: an operation that was allowed before a kick does not happen after its ack.

const ann: Caller = { userId: 'ann', requestId: 'r' }
const room = 'room'

let buses: Bus[]
let rooms: Bus
let cache: AccessCache
let asked: number
let answer: () => Promise<Output<'roomAccess'>>

const standing: Output<'roomAccess'> = {
  author: { authorId: 'ann', nickName: 'Ann', profileUrl: null },
  master: false,
  rules: defaultRules,
  memberCount: 2,
  mutedUntil: null,
}

beforeEach(async () => {
  buses = []
  asked = 0
  answer = async () => standing
  const root = `t${crypto.randomUUID().slice(0, 8)}`
  rooms = await open(root)
  const roomAccess = () => {
    asked++
    return answer()
  }
  rooms.serve('rooms', { roomAccess } as unknown as Handlers<'rooms'>)
  const bus = await open(root)
  cache = new AccessCache(bus)
  await Promise.all(buses.map((each) => each.flush()))
})
afterEach(async () => {
  await Promise.all(buses.map((bus) => bus.close()))
})

async function open(root: string) {
  const bus = await openBus({
    natsUrl: process.env.CHAT_TEST_NATS_URL as string,
    name: 'test',
    root,
    logger: createLogger('silent'),
    metrics: createMetrics(),
    requestTimeoutMs: 2_000,
  })
  buses.push(bus)
  return bus
}

/** Announces a change of access, as rooms does. @returns whether it is confirmed */
function announce() {
  const inbox = createInbox()
  const confirmed = Promise.withResolvers<void>()
  let isConfirmed = false
  rooms.subscribe(inbox, () => {
    isConfirmed = true
    confirmed.resolve()
  })
  rooms.connection.publish(rooms.subjects.roomEvent(room, 'access'), JSON.stringify({ roomId: room }), {
    reply: inbox,
  })
  return { confirmed: confirmed.promise, isConfirmed: () => isConfirmed }
}
const enter = async () => {
  using pass = await cache.enter(ann, room)
  return pass.access.master
}
/** Enters the rooms and stays until `held` resolves. @returns the number of rooms */
async function stay(held: Promise<void>, ...roomIds: string[]) {
  using passes = await cache.enterAll(ann, roomIds)
  await held
  return passes.accesses.length
}

test('operations share one cached answer until the room changes', async () => {
  await Promise.all([enter(), enter(), enter()])
  expect(await enter()).toBe(false)
  expect(asked).toBe(1)
  answer = async () => ({ ...standing, master: true })
  await announce().confirmed
  expect(await enter()).toBe(true)
  expect(asked).toBe(2)
})

test('access is requested when somebody opens the room, so that the first operation costs no request', async () => {
  rooms.publishRoom(room, 'opened', { roomId: room, userId: 'ann' })
  await eventually(() => expect(asked).toBe(1))
  expect(await enter()).toBe(false)
  expect(asked).toBe(1)
})

test('opening a room that one is not in, or while rooms is away, changes nothing', async () => {
  answer = () => Promise.reject(new Fault('ROOM_NO_EXISTS'))
  rooms.publishRoom(room, 'opened', { roomId: room, userId: 'ann' })
  await eventually(() => expect(asked).toBe(1))
  await expect(enter()).rejects.toMatchObject({ code: 'ROOM_NO_EXISTS' })
  answer = async () => standing
  expect(await enter()).toBe(false)
})

test('an answer that was requested at the opening, before a change, is not used after it', async () => {
  const held = Promise.withResolvers<Output<'roomAccess'>>()
  answer = () => held.promise
  rooms.publishRoom(room, 'opened', { roomId: room, userId: 'ann' })
  await eventually(() => expect(asked).toBe(1))
  await announce().confirmed
  answer = () => Promise.reject(new Fault('ROOM_NO_EXISTS'))
  held.resolve(standing)
  await expect(enter()).rejects.toMatchObject({ code: 'ROOM_NO_EXISTS' })
})

test('a change is confirmed once every operation that was allowed before it has ended', async () => {
  const held = Promise.withResolvers<void>()
  const running = stay(held.promise, room)
  await enter()
  const { confirmed, isConfirmed } = announce()
  for (let n = 0; n < 5; n++) await rooms.flush()
  expect(isConfirmed()).toBe(false)
  // A new operation requests access again and does not delay the confirmation.
  answer = () => Promise.reject(new Fault('ROOM_NO_EXISTS'))
  await expect(enter()).rejects.toMatchObject({ code: 'ROOM_NO_EXISTS' })
  held.resolve()
  await Promise.all([running, confirmed])
})

test('an answer that was requested before a change is not used after it', async () => {
  const held = Promise.withResolvers<Output<'roomAccess'>>()
  answer = () => held.promise
  const before = enter()
  const { confirmed } = announce()
  while (asked === 0) await rooms.flush()
  answer = () => Promise.reject(new Fault('ROOM_NO_EXISTS'))
  held.resolve(standing)
  expect(await before).toBe(false)
  await confirmed
  await expect(enter()).rejects.toMatchObject({ code: 'ROOM_NO_EXISTS' })
})

test('an operation that hangs does not block a kick forever', async () => {
  const held = Promise.withResolvers<void>()
  void stay(held.promise, room)
  await enter()
  await announce().confirmed
  held.resolve()
})

test('an operation in several rooms enters all of them, and a change in any of them waits for it', async () => {
  const held = Promise.withResolvers<void>()
  const running = stay(held.promise, 'other', room)
  await enter()
  const { confirmed, isConfirmed } = announce()
  for (let n = 0; n < 5; n++) await rooms.flush()
  expect(isConfirmed()).toBe(false)
  held.resolve()
  expect(await running).toBe(2)
  await confirmed
})

test('a refused pass, or one whose work failed, delays no confirmation', async () => {
  await expect(
    (async () => {
      using _pass = await cache.enter(ann, room)
      throw new Error('failed')
    })(),
  ).rejects.toThrow('failed')
  await announce().confirmed
  answer = () => Promise.reject(new Fault('ROOM_NO_EXISTS'))
  await expect(enter()).rejects.toMatchObject({ code: 'ROOM_NO_EXISTS' })
  const began = performance.now()
  await announce().confirmed
  expect(performance.now() - began).toBeLessThan(900)
})
