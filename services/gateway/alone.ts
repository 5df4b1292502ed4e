import { type Config, createLogger, Metrics, openBus } from '@chat/service'
import { start } from './service.ts'

// A gateway in a process of its own, for tests that kill it. It tells its parent the port when it is ready.

type Place = { config: Config; root: string; natsUrl: string }

const { config, root, natsUrl } = JSON.parse(process.argv[2] as string) as Place
const logger = createLogger('error')
const metrics = new Metrics()
const { requestTimeoutMs } = config.limits
const { port, close } = await start({
  ...{ config: { ...config, gatewayPort: 0 }, logger, metrics },
  openBus: () => openBus({ natsUrl, name: 'gateway', root, logger, metrics, requestTimeoutMs }),
})
process.on('disconnect', () => close().finally(() => process.exit()))
process.send?.(port)
