import type { Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  type PlainClient,
  type ServiceProcess,
  sendText,
  startService,
  startTestStack,
  type TestStack,
  testApiKey,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { makeWebhook, openReceiver, quick, type Receiver } from '../testing.ts'

/** Each kill needs a new process, which takes time. CHAT_TEST_KILLS=50 for a thorough run. */
const KILLS = Number(process.env.CHAT_TEST_KILLS ?? 5)
const PATIENCE_MS = 120_000
/** Events that may wait for delivery, so that the load suits the machine. */
const MOST_OWED = 100

let stack: TestStack
let receiver: Receiver
let ann: PlainClient
const running: ServiceProcess[] = []
beforeAll(async () => {
  receiver = await openReceiver()
  stack = await startTestStack({
    config: { webhooksMayBePrivate: true },
    instances: { platformApis: 0 },
    webhookTimes: { ...quick, answer: 2_000, lease: 1_500 },
  })
  for (const userId of ['ben', 'cho']) (await connectAs(stack, userId)).close()
  ann = await connectAs(stack, 'ann')
})
afterAll(async () => {
  for (const each of running) await each.kill()
  ann?.close()
  await stack?.close()
  await receiver?.close()
})

async function startPlatformApi() {
  const service = await startService('platform-api', stack)
  running.push(service)
  return service
}
/** Calls the process that was started last. */
async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${running.at(-1)?.port}${path}`, {
    method,
    headers: { 'chat-api-key': testApiKey, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as never }
}

test(`each event is delivered despite failures, slow answers and ${KILLS} kills`, async () => {
  let current = await startPlatformApi()
  const hooks = [await makeWebhook({ call }, receiver), await makeWebhook({ call }, receiver)]
  let count = 0
  receiver.answer = async () => {
    count++
    if (count % 7 === 0) return 503
    if (count % 11 === 0) return { status: 429, headers: { 'retry-after': '1' } }
    // No answer in time.
    if (count % 41 === 0) return null
    return 204
  }
  const rooms: Room[] = []
  for (let n = 0; n < 4; n++) rooms.push(await makeRoom(ann, ['ben', 'cho'], { canInviteMemebrs: true }))
  const idsOf = (hook: (typeof hooks)[number]) => new Set(hook.received().map(({ id }) => id))
  const sent: string[] = []
  let isOver = false
  const writing = (async () => {
    for (let n = 0; !isOver; n++) {
      await eventually(
        () =>
          expect(isOver || sent.length - idsOf(hooks[0] as (typeof hooks)[number]).size < MOST_OWED).toBe(
            true,
          ),
        PATIENCE_MS,
      )
      const roomId = (rooms[n % rooms.length] as Room)._id
      sent.push((await sendText(ann, roomId, `${n}`))._id)
      if (n % 10 === 0) await ann.get('updateRoomSetting', { roomId, updateData: { name: `Name ${n}` } })
    }
  })()
  for (let n = 0; n < KILLS; n++) {
    const before = receiver.received.length
    // The kill may hit any moment: while it consumes, sends or stores, alone or beside another instance.
    await eventually(() => expect(receiver.received.length).toBeGreaterThan(before + 20 + n * 7), PATIENCE_MS)
    const next = n % 2 === 0 ? null : await startPlatformApi()
    await current.kill()
    current = next ?? (await startPlatformApi())
  }
  isOver = true
  await writing
  for (const hook of hooks) {
    await eventually(() => {
      const heard = idsOf(hook)
      expect(sent.filter((id) => !heard.has(id))).toEqual([])
    }, PATIENCE_MS)
    await eventually(async () => expect((await hook.log('?state=WAITING')).list).toEqual([]), PATIENCE_MS)
    expect((await hook.log('?state=FAILED')).list).toEqual([])
    const names = hook.received().filter(({ type }) => type === 'room.updated')
    expect(new Set(names.map(({ id }) => id)).size).toBe(Math.ceil(sent.length / 10))
  }
  expect(receiver.refused).toEqual([])
  const repeats = receiver.received.length - hooks.reduce((sum, hook) => sum + idsOf(hook).size, 0)
  process.stdout.write(`${sent.length} messages for two, ${KILLS} kills, ${repeats} sent again\n`)
}, 1_200_000)
