import { createLogger, createMetrics, openBus } from '@chat/service'
import type { Times } from '../parts.ts'
import type { ServiceAccount } from '../senders/service-account.ts'
import { start } from '../service.ts'
import { reachGoogleAt } from './loopback.ts'

// The push service in a separate process, for tests that kill it. It sends its parent a message when it is ready.

export type Place = {
  fcm: ServiceAccount
  fcmPort: number
  root: string
  natsUrl: string
  mongoUrl: string
  times: Partial<Times>
}

const { fcm, fcmPort, root, natsUrl, mongoUrl, times } = JSON.parse(process.argv[2] as string) as Place
reachGoogleAt(fcmPort)
const logger = createLogger('error')
const metrics = createMetrics()
const { close } = await start({
  ...{ config: { fcm }, mongoUrl, logger, metrics, times },
  database: `${root}_push`,
  openBus: () => openBus({ natsUrl, name: 'push', root, logger, metrics, requestTimeoutMs: 2_000 }),
})
process.on('disconnect', () => close().finally(() => process.exit()))
process.send?.('ready')
