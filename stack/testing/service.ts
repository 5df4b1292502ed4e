import { start as startFiles } from '@chat/files'
import { start as startGateway } from '@chat/gateway'
import { start as startMessages } from '@chat/messages'
import { type Options as PlatformOptions, start as startPlatformApi } from '@chat/platform-api'
import { start as startPush } from '@chat/push'
import { start as startRooms } from '@chat/rooms'
import { createLogger, createMetrics, openAll, openTracing, serviceOptions } from '@chat/service'
import type { Config } from '../config.ts'

const services = {
  files: startFiles,
  gateway: startGateway,
  messages: startMessages,
  'platform-api': startPlatformApi,
  push: startPush,
  rooms: startRooms,
}
export type StackService = keyof typeof services
const databases: Partial<Record<StackService, string>> = { 'platform-api': 'platform' }
/** The engines and configuration of a running stack. */
export type Place = {
  config: Config
  root: string
  natsUrl: string
  mongoUrl: string
  s3Url: string
  webhookTimes?: PlatformOptions['webhookTimes']
}

/**
 * Starts one service over the engines of a stack.
 * @param wanted the port of an edge; 0 for a free one
 * @returns the port of an edge; null for other services
 */
export async function startStackService(service: StackService, place: Place, wanted = 0) {
  const { config, root, natsUrl, mongoUrl, s3Url, webhookTimes } = place
  const logger = createLogger('error')
  const metrics = createMetrics()
  return openAll(async (scope) => {
    await scope.use('tracing', openTracing(config.tracing, `chat-${service}`))
    const own = { ...config, gatewayPort: wanted, platformPort: wanted }
    const starting: Promise<{ port?: number; close: () => Promise<void> }> = services[service]({
      ...serviceOptions({ name: service, config: own, root, natsUrl, mongoUrl, s3Url, logger, metrics }),
      ...{ database: `${root}_${databases[service] ?? service}`, webhookTimes },
    })
    const running = await scope.use(service, starting)
    return { port: running.port ?? null }
  })
}
