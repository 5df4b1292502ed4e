import { createLogger, createMetrics, openBus } from '@chat/service'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Bus } from './bus.ts'
import { ConfirmedBroadcast, confirm, joinConfirmers } from './confirmed-broadcast.ts'

const natsUrl = process.env.CHAT_TEST_NATS_URL as string
let root: string
let asker: Bus
let roll: ConfirmedBroadcast
const opened: Bus[] = []
const members: { leave: () => Promise<void> }[] = []

const open = async () => {
  const [logger, metrics] = [createLogger('silent'), createMetrics()]
  const bus = await openBus({ natsUrl, name: 'test', root, logger, metrics, requestTimeoutMs: 1_000 })
  opened.push(bus)
  return bus
}

beforeEach(async () => {
  root = `t${crypto.randomUUID().slice(0, 8)}`
  asker = await open()
  roll = new ConfirmedBroadcast(asker)
  await asker.flush()
})
afterEach(async () => {
  roll.close()
  for (const { leave } of members.splice(0)) await leave()
  await Promise.all(opened.splice(0).map((bus) => bus.close()))
})

/** A confirmer that confirms a broadcast once `isReady` resolves. */
async function member(isReady: () => Promise<void> = async () => {}) {
  const bus = await open()
  const heard: unknown[] = []
  bus.subscribe('news', (request) => {
    heard.push(request.json())
    void isReady().then(() => confirm(bus, request))
  })
  const joined = await joinConfirmers(bus)
  const self = { heard, bus, leave: joined.close }
  members.push(self)
  return self
}

test('a broadcast without confirmers resolves', async () => {
  await roll.tell('news', 1)
})

/** Broadcasts. `isDone`: whether it had resolved by the time that every sent confirmation had arrived. */
async function tell(by: ConfirmedBroadcast) {
  let isDone = false
  const telling = by.tell('news', { n: 1 }).then(() => {
    isDone = true
  })
  for (let n = 0; n < 3; n++) for (const bus of opened) await bus.flush()
  return { isDone, telling }
}

test('a broadcast resolves when every confirmer has confirmed, not earlier', async () => {
  const late = Promise.withResolvers<void>()
  const [quick, slow] = [await member(), await member(() => late.promise)]
  const { isDone, telling } = await tell(roll)
  expect([quick.heard, slow.heard, isDone]).toEqual([[{ n: 1 }], [{ n: 1 }], false])
  late.resolve()
  await telling
})

test('a broadcaster that starts later knows the existing confirmers', async () => {
  const late = Promise.withResolvers<void>()
  await member(() => late.promise)
  const second = new ConfirmedBroadcast(await open())
  for (const bus of [...opened, ...opened]) await bus.flush()
  const { isDone, telling } = await tell(second)
  expect(isDone).toBe(false)
  late.resolve()
  await telling
  second.close()
})

test('a broadcast does not wait for a confirmer that has left', async () => {
  const never = new Promise<void>(() => {})
  const gone = await member(() => never)
  await gone.leave()
  await gone.bus.flush()
  expect((await tell(roll)).isDone).toBe(true)
})

test('a broadcast waits about a second for a confirmer that never confirms', async () => {
  await member(() => new Promise<void>(() => {}))
  await roll.tell('news', 1)
})
