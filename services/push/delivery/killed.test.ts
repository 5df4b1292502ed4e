import type { ChildProcess } from 'node:child_process'
import type { Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  forkProgram,
  killAtOnce,
  makeRoom,
  openDatabase,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { deviceId } from '../devices/devices.ts'
import type { Times } from '../parts.ts'
import { type Fcm, startFcm, testAccount } from '../testing/fcm-stand-in.ts'
import type { Place } from '../testing/push-process.ts'
import { quick, tokenOf, withDevice } from '../testing/stack.ts'

const PROGRAM = new URL('../testing/push-process.ts', import.meta.url)
/** Each kill needs a new process, which takes time. CHAT_TEST_KILLS=50 for a thorough run. */
const KILLS = Number(process.env.CHAT_TEST_KILLS ?? 10)
const PATIENCE_MS = 60_000
const WRITE_EVERY_MS = 50
/** Pushes that may wait at a time, so that the load suits the machine. */
const MOST_OWED = 500
const READERS = ['bob', 'cid', 'dan', 'eve', 'fay']
const fcmAccount = testAccount()

let stack: TestStack
let fcm: Fcm
let database: Awaited<ReturnType<typeof openDatabase>>
let ann: PlainClient
const running: ChildProcess[] = []

beforeAll(async () => {
  fcm = await startFcm()
  stack = await startTestStack({ instances: { push: 0 } })
  database = await openDatabase(stack, 'push')
  ann = await connectAs(stack, 'ann')
  const first = await startPush()
  for (const userId of READERS) await withDevice(stack, userId)
  await killAtOnce(first)
})
afterAll(async () => {
  for (const child of running) await killAtOnce(child)
  ann?.close()
  await database?.close()
  await stack?.close()
  await fcm?.close()
})

async function startPush(times: Partial<Times> = {}) {
  const { root, natsUrl, mongoUrl } = stack
  const place: Place = {
    ...{ root, natsUrl, mongoUrl, fcm: fcmAccount, fcmPort: fcm.port },
    times: { ...quick, ...times },
  }
  const { child } = await forkProgram(PROGRAM, place)
  running.push(child)
  return child
}

const pairOf = (messageId: string, device: string) => `${messageId} ${device}`
type Receipt = { sent: { messageId: string; deviceIds: string[] }[] }

/** The pushes that are recorded as sent. */
async function recorded(): Promise<Set<string>> {
  const receipts = await database.collection<Receipt>('receipts').find().toArray()
  const sent = receipts.flatMap((receipt) => receipt.sent)
  return new Set(sent.flatMap(({ messageId, deviceIds }) => deviceIds.map((id) => pairOf(messageId, id))))
}

/** How often FCM received each message for each device. */
function counts(): Map<string, number> {
  const all = fcm.received.map(({ message }) =>
    pairOf(message.data.messageId as string, deviceId(message.token)),
  )
  return new Map([...Map.groupBy(all, (pair) => pair)].map(([pair, own]) => [pair, own.length]))
}

/** The number of pushes that FCM has not received. */
const owed = (sent: string[]) => sent.length * READERS.length - counts().size

test(`under load and ${KILLS} kills no push is lost, and none is repeated once its result is recorded`, async () => {
  const rooms: Room[] = []
  for (let n = 0; n < 4; n++) rooms.push(await makeRoom(ann, READERS))
  fcm.pauseMs = 5
  const sent: string[] = []
  let isOver = false
  const writing = (async () => {
    for (let n = 0; !isOver; n++) {
      await eventually(() => expect(isOver || owed(sent) < MOST_OWED).toBe(true), PATIENCE_MS)
      sent.push((await sendText(ann, (rooms[n % rooms.length] as Room)._id, `${n}`))._id)
      await new Promise((resolve) => setTimeout(resolve, WRITE_EVERY_MS))
    }
  })()

  const settled = new Map<string, number>()
  let next = startPush()
  for (let n = 0; n < KILLS; n++) {
    const child = await next
    const before = fcm.received.length
    next = startPush()
    // The kill may hit any moment: while it requests, sends or records, alone or beside another instance.
    await eventually(() => expect(fcm.received.length).toBeGreaterThan(before + (n % 7) * 3), PATIENCE_MS)
    await killAtOnce(child)
    const written = await recorded()
    const now = counts()
    for (const pair of written) if (!settled.has(pair)) settled.set(pair, now.get(pair) ?? 0)
  }
  isOver = true
  await writing
  await next
  const wanted = sent.flatMap((id) => READERS.map((userId) => pairOf(id, deviceId(tokenOf(userId)))))
  await eventually(async () => {
    const done = await recorded()
    expect(wanted.filter((pair) => !done.has(pair))).toEqual([])
  }, 60_000)

  const final = counts()
  expect(wanted.filter((pair) => !final.has(pair))).toEqual([])
  expect([...settled].filter(([pair, count]) => final.get(pair) !== count)).toEqual([])
  const repeated = wanted.filter((pair) => (final.get(pair) ?? 0) > 1).length
  process.stdout.write(
    `${wanted.length} pushes, ${KILLS} kills, ${repeated} sent again: unanswered or not yet written down\n`,
  )
}, 1_200_000)

test('a second look survives the death of the service that scheduled it', async () => {
  for (const child of running) await killAtOnce(child)
  const room = await makeRoom(ann, ['bob'])
  const bob = await connectAs(stack, 'bob')
  await bob.get('joinRoom', room._id)
  const first = await startPush({ secondLookMs: 10_000 })
  const message = await sendText(ann, room._id)
  const tasks = database.collection('tasks')
  await eventually(async () => expect(await tasks.countDocuments()).toBe(1), PATIENCE_MS)
  await killAtOnce(first)
  bob.close()
  const isTold = () => fcm.shownOn(tokenOf('bob')).some(({ data }) => data.messageId === message._id)
  expect(isTold()).toBe(false)
  await startPush()
  await eventually(() => expect(isTold()).toBe(true), PATIENCE_MS)
}, 200_000)
