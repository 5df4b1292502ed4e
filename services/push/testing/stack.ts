import type { Input } from '@chat/contract'
import { createLogger, createMetrics, openBus } from '@chat/service'
import {
  connectAs,
  openDatabase,
  openTestBus,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import type { Times } from '../parts.ts'
import { start } from '../service.ts'
import { startFcm, testAccount } from './fcm-stand-in.ts'
import { reachGoogleAt } from './loopback.ts'

/** Short enough for tests; a test of one of these times sets its own. */
export const quick: Partial<Times> = {
  secondLookMs: 600,
  pollMs: 50,
  badgeMs: 100,
  retryDelaysMs: [20, 20, 20, 20],
}

/** A stack's push service in this process, which sends to the stand-in. */
export async function startPush(stack: TestStack, times: Partial<Times> = {}) {
  const { root, natsUrl, mongoUrl } = stack
  const [logger, metrics] = [createLogger(process.env.CHAT_LOG_LEVEL ?? 'silent'), createMetrics()]
  const service = await start({
    ...{ config: { fcm: testAccount() }, mongoUrl, logger, metrics },
    database: `${root}_push`,
    openBus: () => openBus({ natsUrl, name: 'push', root, logger, metrics, requestTimeoutMs: 2_000 }),
    times: { ...quick, ...times },
  })
  return { ...service, metrics }
}

/** A stack whose pushes arrive at a stand-in for FCM, with ann as the author. */
export async function startPushStack(times: Partial<Times> = {}, gateways = 1) {
  const fcm = await startFcm()
  const restore = reachGoogleAt(fcm.port)
  const stack = await startTestStack({ instances: { push: 0, gateways } })
  const push = await startPush(stack, times)
  const [bus, database] = [await openTestBus(stack), await openDatabase(stack, 'push')]
  const ann = await connectAs(stack, 'ann')
  const on = {
    ...{ stack, fcm, push, bus, database, ann },
    close: async () => {
      ann.close()
      await bus.close()
      await database.close()
      // The current one: a test may have replaced it.
      await on.push.close()
      await stack.close()
      restore()
      await fcm.close()
    },
  }
  return on
}
export type PushStack = Awaited<ReturnType<typeof startPushStack>>

export const tokenOf = (userId: string) => `device-of-${userId}`

export async function register(
  who: PlainClient,
  token: string,
  platform: Input<'registerDevice'>['platform'] = 'ANDROID',
) {
  await who.get('registerDevice', { token, platform })
  return token
}

/** A user with a device, whose app is closed. */
export async function withDevice(stack: TestStack, userId: string, token = tokenOf(userId)) {
  const client = await connectAs(stack, userId)
  await register(client, token)
  client.close()
  return token
}
