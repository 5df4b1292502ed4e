import { type Caller, defaultRules, Fault, type Handlers, type Output } from '@chat/contract'
import { type Bus, createLogger, createMetrics, openBus } from '@chat/service'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createInbox } from '@nats-io/transport-node'
import { AccessCache } from './access-cache.ts'

// Promise 3: what was allowed before a kick does not happen after its ack.

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

/** As rooms does once somebody's standing has changed. @returns whether it is confirmed by now */
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
/** Enters rooms and stays until `held` resolves. @returns in how many rooms */
async function stay(held: Promise<void>, ...roomIds: string[]) {
  using passes = await cache.enterAll(ann, roomIds)
  await held
  return passes.accesses.length
}

test('many operations cost one question, until the room changes', async () => {
  await Promise.all([enter(), enter(), enter()])
  expect(await enter()).toBe(false)
  expect(asked).toBe(1)
  answer = async () => ({ ...standing, master: true })
  await announce().confirmed
  expect(await enter()).toBe(true)
  expect(asked).toBe(2)
})

test('it is confirmed once everything that was allowed before has ended', async () => {
  const held = Promise.withResolvers<void>()
  const running = stay(held.promise, room)
  await enter()
  const { confirmed, isConfirmed } = announce()
  for (let n = 0; n < 5; n++) await rooms.flush()
  expect(isConfirmed()).toBe(false)
  // What comes now asks anew and is not waited for.
  answer = () => Promise.reject(new Fault('ROOM_NO_EXISTS'))
  await expect(enter()).rejects.toMatchObject({ code: 'ROOM_NO_EXISTS' })
  held.resolve()
  await Promise.all([running, confirmed])
})

test('an answer that was on its way is not used by those who come later', async () => {
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

test('what hangs does not hold a kick for good', async () => {
  const held = Promise.withResolvers<void>()
  void stay(held.promise, room)
  await enter()
  await announce().confirmed
  held.resolve()
})

test('an operation in several rooms needs all of them, and each waits for it', async () => {
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

test('a pass that was refused, or whose work failed, holds nobody up', async () => {
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
