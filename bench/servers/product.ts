import { createLogger, createMetrics, tuneHeap } from '@chat/service'
import { startStack } from '@chat/stack'
import { readConfig } from '@chat/stack/config'
import { mintToken } from '@chat/testing'
import { answerParent } from '../child-process.ts'
import type { RoomPlan } from '../load/crowd.ts'
import { readMemory, type Server } from './server.ts'

const secret = 'a-secret-of-the-benchmark-that-is-long-enough'
const apiKey = 'key-of-the-benchmark'
const root = `bench${process.pid}`
const unlimited = 1_000_000
const ROOMS_AT_ONCE = 8

tuneHeap()
const config = readConfig(
  {
    CHAT_JWT_SECRET: secret,
    CHAT_API_KEYS: apiKey,
    CHAT_GATEWAY_PORT: '0',
    CHAT_PLATFORM_PORT: '0',
    CHAT_LOG_LEVEL: 'error',
    CHAT_DEMO: 'off',
    CHAT_LIMITS: JSON.stringify({
      messagesPerSecond: unlimited,
      messageBurst: unlimited,
      readsPerSecond: unlimited,
      readBurst: unlimited,
      eventsPerSecond: unlimited,
      eventBurst: unlimited,
    }),
  },
  true,
)
let stack: Awaited<ReturnType<typeof startStack>> | undefined
let made = 0

/** The product as `npm start` runs it: every service in this process. */
const server: Server = {
  start: async (engines) => {
    const metrics = createMetrics({ withProcess: true })
    stack = await startStack({ config, ...engines, logger: createLogger(config.logLevel), metrics, root })
    return { url: `ws://127.0.0.1:${stack.gatewayPorts[0]}`, database: `${root}_messages` }
  },
  makeRooms: async ({ rooms, members }) => {
    const plans: RoomPlan[] = []
    for (let left = rooms; left > 0; left -= ROOMS_AT_ONCE)
      plans.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(left, ROOMS_AT_ONCE) }, () => makeRoom(members)),
        )),
      )
    return plans
  },
  memory: readMemory,
}

async function makeRoom(members: number): Promise<RoomPlan> {
  const sid = `room${made++}`
  const userIds = Array.from({ length: members }, (_, index) => `${sid}-user${index}`)
  const response = await fetch(`http://127.0.0.1:${stack?.platformPorts[0]}/chat/room`, {
    method: 'POST',
    headers: { 'chat-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: sid,
      roomType: 'GROUP',
      link: { sid, name: sid },
      joinUsers: userIds.map((_id) => ({ _id, nickName: _id })),
    }),
  })
  const room = (await response.json()) as { _id: string }
  if (!response.ok) throw new Error(`no room: ${JSON.stringify(room)}`)
  return { roomId: room._id, tokens: await Promise.all(userIds.map((sub) => mintToken(secret, { sub }))) }
}

answerParent(server, async () => stack?.close())
