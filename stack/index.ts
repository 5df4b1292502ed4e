import { outputProblem } from '@chat/contract'
import { start as startFiles } from '@chat/files'
import { demoOf, start as startGateway } from '@chat/gateway'
import { start as startMessages } from '@chat/messages'
import { type Options as PlatformOptions, start as startPlatformApi } from '@chat/platform-api'
import { start as startPush } from '@chat/push'
import { start as startRooms } from '@chat/rooms'
import {
  type Checks,
  createMetrics,
  type Logger,
  type Metrics,
  openAll,
  openTracing,
  serviceOptions,
} from '@chat/service'
import type { Config } from './config.ts'

export type StackOptions = {
  config: Config
  natsUrl: string
  /** The NATS URL of each service, where services sign in as different users. */
  natsUrlOf?: ((service: string) => string) | undefined
  mongoUrl: string
  s3Url: string
  logger: Logger
  metrics?: Metrics
  /** Prefix of subjects and databases. Separates stacks that share their engines. */
  root?: string
  /** Instances of each service. Edges after the first listen on free ports. */
  instances?: Partial<Record<'gateways' | 'platformApis' | 'rooms' | 'messages' | 'files' | 'push', number>>
  /** The folder of another built demo page. */
  pageFolder?: string | undefined
  platformRate?: { requests: number; seconds: number }
  /** Times of webhooks in ms, for tests. */
  webhookTimes?: PlatformOptions['webhookTimes']
  checksOutput?: boolean
}

const stores = [
  ['messages', startMessages],
  ['rooms', startRooms],
  ['files', startFiles],
  ['push', startPush],
] as const
type Ready = { mongo: Checks[string]; s3?: Checks[string] }

/** Starts every service in one process, with the same `start` that a service's own process calls. */
export const startStack = (options: StackOptions) =>
  openAll(async (scope) => {
    const { config, logger, mongoUrl, s3Url, root = 'chat', instances = {} } = options
    const { natsUrlOf = () => options.natsUrl, metrics = createMetrics(), checksOutput } = options
    await scope.use('tracing', openTracing(config.tracing, 'chat'))
    const checkOutput = checksOutput ? outputProblem : undefined
    const shared = { root, config, mongoUrl, s3Url, logger, metrics, checkOutput }
    const optionsFor = (name: string) => serviceOptions({ ...shared, name, natsUrl: natsUrlOf(name) })
    const startEach = async <S extends { close: () => unknown }>(
      name: string,
      start: (index: number) => Promise<S>,
      count = 1,
    ) => {
      const started: S[] = []
      for (let index = 0; index < count; index++) started.push(await scope.use(name, start(index)))
      return started
    }

    const checks: Checks = {}
    for (const [name, start] of stores) {
      const startOne = () => start({ ...optionsFor(name), database: `${root}_${name}` })
      for (const service of await startEach(name, startOne, instances[name])) {
        const ready: Ready = service.ready
        checks[name] = ready.mongo
        if (ready.s3) checks.s3 = ready.s3
      }
    }
    const startPlatform = (index: number) =>
      startPlatformApi({
        ...optionsFor('platform-api'),
        config: index === 0 ? config : { ...config, platformPort: 0 },
        ...(options.platformRate && { rate: options.platformRate }),
        checks,
        webhookTimes: options.webhookTimes,
        database: `${root}_platform`,
      })
    const platforms = await startEach('platform-api', startPlatform, instances.platformApis)
    const demo = demoOf(config, s3Url, options.pageFolder)
    const startOneGateway = (index: number) => {
      const own = index === 0 ? config : { ...config, gatewayPort: 0 }
      return startGateway({ ...optionsFor('gateway'), config: own, checks, demo })
    }
    const gateways = await startEach('gateway', startOneGateway, instances.gateways)
    const portsOf = (edges: { port: number }[]) => edges.map(({ port }) => port)
    return { gatewayPorts: portsOf(gateways), platformPorts: portsOf(platforms), metrics }
  })
