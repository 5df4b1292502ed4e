import { type Config, createLogger, Metrics, openBus } from '@chat/service'
import { start } from './service.ts'

// The messages service in a process of its own, for tests that kill it. It tells its parent when it is ready.

type Place = { config: Config; root: string; natsUrl: string; mongoUrl: string; s3Url: string }

const { config, root, natsUrl, mongoUrl, s3Url } = JSON.parse(process.argv[2] as string) as Place
const logger = createLogger('error')
const metrics = new Metrics()
const { requestTimeoutMs } = config.limits
const { close } = await start({
  ...{ config, mongoUrl, s3Url, logger, metrics },
  database: `${root}_messages`,
  openBus: () => openBus({ natsUrl, name: 'messages', root, logger, metrics, requestTimeoutMs }),
})
process.on('disconnect', () => close().finally(() => process.exit()))
process.send?.('ready')
