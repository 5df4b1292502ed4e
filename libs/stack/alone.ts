import { start as startFiles } from '@chat/files'
import { start as startGateway } from '@chat/gateway'
import { start as startMessages } from '@chat/messages'
import { type Config, createLogger, Metrics, openBus } from '@chat/service'

const services = { files: startFiles, gateway: startGateway, messages: startMessages }
export type Alone = keyof typeof services
/** Where that stack is. */
export type Place = { config: Config; root: string; natsUrl: string; mongoUrl: string; s3Url: string }

/** One service by itself, as the stack starts it, over the engines of a stack that runs without it. */
export function startAlone(service: Alone, { config, root, natsUrl, mongoUrl, s3Url }: Place) {
  const logger = createLogger('error')
  const metrics = new Metrics()
  const { requestTimeoutMs } = config.limits
  return services[service]({
    ...{ config, mongoUrl, s3Url, logger, metrics },
    database: `${root}_${service}`,
    openBus: () => openBus({ natsUrl, name: service, root, logger, metrics, requestTimeoutMs }),
  })
}
