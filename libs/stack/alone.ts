import { start as startFiles } from '@chat/files'
import { start as startGateway } from '@chat/gateway'
import { start as startMessages } from '@chat/messages'
import { type Config, createLogger, Metrics, openBus } from '@chat/service'

const services = { files: startFiles, gateway: startGateway, messages: startMessages }
export type Alone = keyof typeof services
/** Where that stack is. */
export type Place = { config: Config; root: string; natsUrl: string; mongoUrl: string; s3Url: string }

/**
 * One service by itself, as the stack starts it, over the engines of a stack.
 * @returns with the free port it listens on; null where it listens on none
 */
export async function startAlone(service: Alone, { config, root, natsUrl, mongoUrl, s3Url }: Place) {
  const logger = createLogger('error')
  const metrics = new Metrics()
  const { requestTimeoutMs } = config.limits
  const running = await services[service]({
    ...{ config: { ...config, gatewayPort: 0 }, mongoUrl, s3Url, logger, metrics },
    database: `${root}_${service}`,
    openBus: () => openBus({ natsUrl, name: service, root, logger, metrics, requestTimeoutMs }),
  })
  return { close: running.close, port: 'port' in running ? running.port : null }
}
