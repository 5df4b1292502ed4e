import { kill } from 'node:process'
import type { Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  openNatsTap,
  type PlainClient,
  type ServiceProcess,
  sendText,
  signedIn,
  startService,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import {
  makeWebhook,
  openReceiver,
  quick,
  type Receiver,
  type TestWebhook,
} from '../services/platform-api/webhooks/testing.ts'
import { type Fcm, startFcm } from '../services/push/testing/fcm-stand-in.ts'
import { reachGoogleAt } from '../services/push/testing/loopback.ts'
import { startPush, tokenOf, withDevice } from '../services/push/testing/stack.ts'

// Promise 1, whatever dies: an acked message is heard once and in order, listed, found, pushed, and told to webhooks under
// one id, with nobody touching its room. Each instance of messages is a process of its own behind a proxy that may lose publishes.

const WITHIN_MS = 20_000

type Tap = Awaited<ReturnType<typeof openNatsTap>>
type Instance = { tap: Tap; process: ServiceProcess }

let stack: TestStack
let receiver: Receiver
let hook: TestWebhook
let ann: PlainClient
let ben: PlainClient
let room: Room
let instances: Instance[]
let fcm: Fcm
let push: Awaited<ReturnType<typeof startPush>>
let restoreGoogle: () => void

beforeAll(async () => {
  receiver = await openReceiver()
  fcm = await startFcm()
  restoreGoogle = reachGoogleAt(fcm.port)
  stack = await startTestStack({
    instances: { messages: 0, push: 0 },
    webhookTimes: quick,
    config: { webhooksMayBePrivate: true },
  })
  push = await startPush(stack)
  instances = [await start()]
  hook = await makeWebhook(stack, receiver, { events: ['message.created'] })
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
  await withDevice(stack, 'cho')
}, 60_000)
afterAll(async () => {
  for (const client of [ann, ben]) client?.close()
  for (const each of instances ?? []) await end(each)
  await push?.close()
  await stack?.close()
  restoreGoogle?.()
  await fcm?.close()
  await receiver?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben', 'cho'])
  await ben.get('joinRoom', room._id)
  await send('first')
  await eventually(() => expect(heard()).toEqual([1]))
})
afterEach(async () => {
  for (const each of instances.splice(1)) await end(each)
})

async function start(): Promise<Instance> {
  const tap = await openNatsTap(stack.natsUrl)
  const natsUrlOf = (service: string) =>
    stack.natsUrlOf(service) === stack.natsUrl ? tap.url : signedIn(tap.url, service)
  return { tap, process: await startService('messages', { ...stack, natsUrlOf }) }
}

async function end({ process, tap }: Instance) {
  await process.kill()
  await tap.close()
}

const send = (text: string) => sendText(ann, room._id, text)
const heard = () => ben.payloads<Message>(`listenMessage_${room._id}`).map(({ seq }) => seq)
const losePublishes = ({ tap }: Instance) => tap.loseSent((subject) => subject.endsWith('.message'))

/** Sends `count` messages. @returns the seqs of the room's messages */
async function sendSome(count: number): Promise<number[]> {
  const sent: Message[] = []
  for (let n = 0; n < count; n++) sent.push(await send(`number ${n} in ${room._id}`))
  return Array.from({ length: sent.at(-1)?.seq ?? 0 }, (_, index) => index + 1)
}

/** Open sockets hear all messages of the room, and its members see them in the list. */
async function expectHeard(seqs: number[]) {
  await eventually(() => expect(heard()).toEqual(seqs), WITHIN_MS)
  await eventually(
    () => expect(ben.shown(room._id).at(-1)).toMatchObject({ lastSeq: seqs.length }),
    WITHIN_MS,
  )
}

/** Webhooks are told of them, each under one id: the stream has them. */
async function expectTold(seqs: number[]) {
  await eventually(() => {
    const told = hook
      .received()
      .filter(({ data }) => (data as { message: Message }).message.roomId === room._id)
    const seqOf = new Map(told.map(({ id, data }) => [id, (data as { message: Message }).message.seq]))
    expect([...seqOf.values()].sort((a, b) => a - b)).toEqual(seqs)
  }, WITHIN_MS)
}

/** Everybody who has to know of all messages of the room does. */
async function expectKnown(seqs: number[]) {
  await expectHeard(seqs)
  await expectTold(seqs)
  await eventually(async () => {
    const { list } = await ben.get<{ list: Message[] }>('searchMessages', {
      keyword: 'number',
      roomId: room._id,
    })
    expect(list.map(({ seq }) => seq).reverse()).toEqual(seqs.slice(1))
  }, WITHIN_MS)
  await eventually(() => {
    const pushed = fcm.shownOn(tokenOf('cho')).filter(({ data }) => data.roomId === room._id)
    expect(pushed.map(({ data }) => Number(data.messageId?.slice(-10))).sort((a, b) => a - b)).toEqual(seqs)
  }, WITHIN_MS)
}

const instance = (index = 0) => instances[index] as Instance

test('killed between store and publish', async () => {
  losePublishes(instance())
  const seqs = await sendSome(3)
  await end(instance())
  expect(heard()).toEqual([1])
  instances[0] = await start()
  await expectKnown(seqs)
})

test('killed between publish and its confirmation', async () => {
  instance().tap.loseReceived((subject) => subject.startsWith('_INBOX'))
  const seqs = await sendSome(1)
  await eventually(() => expect(heard()).toEqual(seqs), WITHIN_MS)
  await end(instance())
  instances[0] = await start()
  await expectKnown(seqs)
})

test('a publish is lost on the way while later ones pass, and then the process is killed', async () => {
  let lost = 0
  instance().tap.loseSent((subject) => subject.endsWith('.message') && lost++ === 0)
  const seqs = await sendSome(3)
  await eventually(() => expect(heard()).toEqual(seqs), WITHIN_MS)
  await end(instance())
  instances[0] = await start()
  await expectKnown(seqs)
})

test('stopped cleanly while its publishes are lost', async () => {
  losePublishes(instance())
  const seqs = await sendSome(2)
  await instance().process.stop()
  await instance().tap.close()
  instances[0] = await start()
  await expectKnown(seqs)
})

test('of two instances that write into one room, one dies between store and publish', async () => {
  instances.push(await start())
  losePublishes(instance(1))
  const seqs = await sendSome(12)
  await end(instance(1))
  await expectKnown(seqs)
})

test('one of two instances is stopped by SIGSTOP for longer than its record lives', async () => {
  instances.push(await start())
  losePublishes(instance(1))
  const seqs = await sendSome(12)
  kill(instance(1).process.pid, 'SIGSTOP')
  try {
    await expectHeard(seqs)
    await expectTold(seqs)
  } finally {
    kill(instance(1).process.pid, 'SIGCONT')
  }
  await expectKnown(seqs)
})
