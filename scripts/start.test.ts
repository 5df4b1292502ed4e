import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Chat, connect } from '@chat/client'
import type { Message, Room } from '@chat/contract'
import {
  enginePids,
  eventually,
  freePort,
  mintToken,
  type Place,
  startProcess,
  testSecret,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// `npm start` as an operator runs it: one process and its engines, stopped, restarted and killed under load.

const LIMITS = { messagesPerSecond: 10_000, messageBurst: 10_000, readsPerSecond: 10_000, readBurst: 10_000 }
const SENDERS = ['ann', 'ben', 'cho', 'dae']
let place: Place
let stack: Awaited<ReturnType<typeof startProcess>>

beforeAll(async () => {
  place = {
    dataDir: await mkdtemp(join(tmpdir(), 'chat-start-')),
    gatewayPort: await freePort(),
    platformPort: await freePort(),
    limits: LIMITS,
  }
  stack = await startProcess(place)
}, 60_000)
afterAll(async () => {
  await stack?.end('SIGTERM')
  await rm(place.dataDir, { recursive: true, force: true })
})

const clientOf = (userId: string): Chat =>
  connect({ url: stack.gatewayUrl, token: () => mintToken(testSecret, { sub: userId }) })

/** Users in a room of their own. Each sends the next message after an ack, until stopped. */
async function startLoad() {
  const chats = SENDERS.map(clientOf)
  await Promise.all(chats.map((chat) => chat.ready))
  // Opening a room marks it read, after a reconnect too. So unread counts are checked for another user than the listener.
  const eve = clientOf('eve')
  await eve.ready
  const room = await eve.ask('createNewRoom', { users: SENDERS, name: 'Under load' })
  const heard: Message[] = []
  await eve.openRoom(room._id, { onMessage: (message) => heard.push(message) })
  const acked: Message[] = []
  let going = true
  const sending = chats.map(async (chat, index) => {
    for (let n = 0; going; n++) {
      const syncKey = `${SENDERS[index]}-${n}`
      acked.push(await chat.send({ roomId: room._id, text: syncKey, syncKey }))
    }
  })
  return {
    room,
    eve,
    chats,
    acked,
    heard,
    /** Resolves after that many more acks, when the load runs again. */
    more: async (count: number) => {
      const target = acked.length + count
      await eventually(() => expect(acked.length).toBeGreaterThanOrEqual(target), 40_000)
    },
    stop: async () => {
      going = false
      await Promise.all(sending)
    },
  }
}
type Load = Awaited<ReturnType<typeof startLoad>>

async function storedMessages(chat: Chat, roomId: string): Promise<Message[]> {
  const all: Message[] = []
  for (;;) {
    const page = await chat.ask('syncMessages', { roomId, afterSeq: all.length })
    expect(page.recovered).toBe(true)
    all.push(...page.list)
    if (all.length >= page.lastSeq) return all
  }
}

/** Checks that every acked message is stored once and delivered once, both in order, and that unread counts agree. */
async function expectNothingLost({ room, eve, chats, acked, heard }: Load) {
  const stored = await storedMessages(eve, room._id)
  expect(stored.map((message) => message.seq)).toEqual(stored.map((_, index) => index + 1))
  expect(new Set(stored.map((message) => message.syncKey)).size).toBe(stored.length)
  const byId = new Map(stored.map((message) => [message._id, message]))
  for (const message of acked) expect(byId.get(message._id)?.syncKey).toBe(message.syncKey)
  await eventually(() =>
    expect(heard.map((message) => message.seq)).toEqual(stored.map((message) => message.seq)),
  )
  for (const [index, chat] of chats.entries()) {
    const own = stored.findLast((message) => message.author.authorId === SENDERS[index])?.seq ?? 0
    await eventually(async () => {
      const { list } = await chat.ask('listenRooms', {})
      const view = list.find((candidate: Room) => candidate._id === room._id)
      expect(view).toMatchObject({ lastSeq: stored.length, unReadMsgCount: stored.length - own })
    })
  }
  for (const chat of [eve, ...chats]) chat.close()
}

test('npm start serves both ports, keeps its data over a restart, and stops cleanly', async () => {
  for (const url of [stack.gatewayUrl.replace('ws:', 'http:'), stack.platformUrl]) {
    for (const path of ['/livez', '/readyz', '/metrics'])
      expect((await fetch(`${url}${path}`)).status).toBe(200)
  }
  const load = await startLoad()
  await load.more(50)
  await load.stop()
  expect(await stack.end('SIGTERM')).toBe(0)
  stack = await startProcess(place)
  await expectNothingLost(load)
}, 60_000)

test('npm run admin finds the stack by its data folder', async () => {
  const env = { ...process.env, CHAT_DATA_DIR: place.dataDir, CHAT_NATS_URL: '' }
  const admin = promisify(execFile)(process.execPath, ['scripts/admin.ts', 'lag', '--json'], { env })
  const { consumers } = JSON.parse((await admin).stdout) as { consumers: { name: string }[] }
  expect(consumers.map(({ name }) => name)).toEqual(expect.arrayContaining(['push', 'rooms']))
})

test('after SIGKILL under load and a restart, every acked message is there', async () => {
  const load = await startLoad()
  for (let round = 0; round < 3; round++) {
    await load.more(100)
    await stack.end('SIGKILL')
    stack = await startProcess(place)
  }
  await load.more(100)
  await load.stop()
  await expectNothingLost(load)
}, 120_000)

test('each engine restarts after SIGKILL under load, and every acked message is there', async () => {
  const load = await startLoad()
  const pids = await enginePids(place.dataDir)
  expect(pids.size).toBe(3)
  for (const pid of pids.values()) {
    await load.more(100)
    process.kill(pid, 'SIGKILL')
  }
  await load.more(100)
  await load.stop()
  await expectNothingLost(load)
}, 120_000)
