import { start as startFiles } from '@chat/files'
import { start as startGateway } from '@chat/gateway'
import { start as startMessages } from '@chat/messages'
import { type Options as PlatformOptions, start as startPlatformApi } from '@chat/platform-api'
import { type Config, createLogger, Metrics, surround } from '@chat/service'

const services = {
  files: startFiles,
  gateway: startGateway,
  messages: startMessages,
  'platform-api': startPlatformApi,
}
export type Alone = keyof typeof services
const databases: Partial<Record<Alone, string>> = { 'platform-api': 'platform' }
/** Where that stack is. */
export type Place = {
  config: Config
  root: string
  natsUrl: string
  mongoUrl: string
  s3Url: string
  webhookTimes?: PlatformOptions['webhookTimes']
}

/**
 * One service by itself, as the stack starts it, over the engines of a stack.
 * @returns with the free port it listens on; null where it listens on none
 */
export async function startAlone(
  service: Alone,
  { config, root, natsUrl, mongoUrl, s3Url, webhookTimes }: Place,
) {
  const logger = createLogger('error')
  const metrics = new Metrics()
  const own = { ...config, gatewayPort: 0, platformPort: 0 }
  const running = await services[service]({
    ...surround({ name: service, config: own, root, natsUrl, mongoUrl, s3Url, logger, metrics }),
    ...{ database: `${root}_${databases[service] ?? service}`, webhookTimes },
  })
  return { close: running.close, port: 'port' in running ? running.port : null }
}
