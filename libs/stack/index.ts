import { outputProblem } from '@chat/contract'
import { start as startFiles } from '@chat/files'
import { start as startGateway } from '@chat/gateway'
import { start as startMessages } from '@chat/messages'
import { type Options as PlatformOptions, start as startPlatformApi } from '@chat/platform-api'
import { start as startPush } from '@chat/push'
import { start as startRooms } from '@chat/rooms'
import { type Checks, type Config, type Logger, Metrics, openAll, openBus } from '@chat/service'

export type StackOptions = {
  config: Config
  natsUrl: string
  mongoUrl: string
  s3Url: string
  logger: Logger
  metrics?: Metrics
  /** Separates stacks that share their engines: prefix of subjects and databases. */
  root?: string
  /** How many of each run; each edge after the first listens on a port of its own. */
  instances?: {
    gateways?: number
    platformApis?: number
    rooms?: number
    messages?: number
    files?: number
    push?: number
  }
  /** Another built page than the own one. */
  pageFolder?: string | undefined
  /** How many requests an API key may make, where that is not the default. */
  platformRate?: { requests: number; seconds: number }
  /** How long webhooks take their time, where that is not the default; in milliseconds. */
  webhookTimes?: PlatformOptions['webhookTimes']
  /** Checks every answer of a service against the contract. */
  checksOutput?: boolean
}

/** Every service in one process over real engines, by the same `start` that a process of its own calls. */
export const startStack = (options: StackOptions) =>
  openAll(async (scope) => {
    const { config, logger, natsUrl, mongoUrl, s3Url, root = 'chat', instances = {} } = options
    const metrics = options.metrics ?? new Metrics()
    const bus = (name: string) => () =>
      openBus({
        natsUrl,
        name,
        root,
        logger: logger.child({ service: name }),
        metrics,
        requestTimeoutMs: config.limits.requestTimeoutMs,
        checkOutput: options.checksOutput ? outputProblem : undefined,
      })
    const common = (name: string) => ({
      mongoUrl,
      logger: logger.child({ service: name }),
      metrics,
      limits: config.limits,
      openBus: bus(name),
    })
    const checks: Checks = {}

    for (let index = 0; index < (instances.messages ?? 1); index++) {
      const starting = startMessages({ ...common('messages'), config, s3Url, database: `${root}_messages` })
      const { ready } = await scope.use('messages', starting, (service) => service.close())
      checks.messages = ready.mongo
    }
    for (let index = 0; index < (instances.rooms ?? 1); index++) {
      const starting = startRooms({ ...common('rooms'), database: `${root}_rooms` })
      const { ready } = await scope.use('rooms', starting, (service) => service.close())
      checks.rooms = ready.mongo
    }
    for (let index = 0; index < (instances.files ?? 1); index++) {
      const starting = startFiles({ ...common('files'), config, s3Url, database: `${root}_files` })
      const { ready } = await scope.use('files', starting, (service) => service.close())
      checks.files = ready.mongo
      checks.s3 = ready.s3
    }
    for (let index = 0; index < (instances.push ?? 1); index++) {
      const starting = startPush({ ...common('push'), config, database: `${root}_push` })
      const { ready } = await scope.use('push', starting, (service) => service.close())
      checks.push = ready.mongo
    }
    const edge = { config, metrics, checks }
    const platformPorts: number[] = []
    for (let index = 0; index < (instances.platformApis ?? 1); index++) {
      const starting = startPlatformApi({
        ...edge,
        config: index === 0 ? config : { ...config, platformPort: 0 },
        ...(options.platformRate && { rate: options.platformRate }),
        webhookTimes: options.webhookTimes,
        mongoUrl,
        database: `${root}_platform`,
        logger: logger.child({ service: 'platform-api' }),
        openBus: bus('platform-api'),
      })
      const platform = await scope.use('platform-api', starting, (service) => service.close())
      platformPorts.push(platform.port)
    }
    const gatewayPorts: number[] = []
    for (let index = 0; index < (instances.gateways ?? 1); index++) {
      const own = index === 0 ? config : { ...config, gatewayPort: 0 }
      const starting = startGateway({
        ...edge,
        config: own,
        demo: config.demo
          ? { filesUrl: config.s3.publicUrl ?? s3Url, pageFolder: options.pageFolder, push: config.fcmWeb }
          : undefined,
        logger: logger.child({ service: 'gateway' }),
        openBus: bus('gateway'),
      })
      const gateway = await scope.use('gateway', starting, (service) => service.close())
      gatewayPorts.push(gateway.port)
    }
    return { gatewayPorts, platformPorts, metrics }
  })
