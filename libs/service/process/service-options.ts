import type { OperationName } from '@chat/contract'
import { type Bus, openBus } from '../bus/bus.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Config, Limits } from './config.ts'

type Place = {
  /** Of the service, as logs and NATS show it. */
  name: string
  config: Config
  natsUrl: string
  /** An engine that the service does not use has an empty URL. */
  mongoUrl: string
  s3Url: string
  /** Separates installations that share their engines. */
  root?: string
  logger: Logger
  metrics: Metrics
  checkOutput?: ((name: OperationName, output: unknown) => string | null) | undefined
}

/** What every service's `start` is given, each taking what it needs. */
export type Surroundings = Pick<Place, 'config' | 'mongoUrl' | 's3Url' | 'logger' | 'metrics'> & {
  limits: Limits
  openBus: () => Promise<Bus>
}

export function surround({ name, natsUrl, root, checkOutput, ...place }: Place): Surroundings {
  const { config, mongoUrl, s3Url, metrics } = place
  const { limits } = config
  const logger = place.logger.child({ service: name })
  const { requestTimeoutMs } = limits
  return {
    ...{ config, limits, mongoUrl, s3Url, logger, metrics },
    openBus: () => openBus({ natsUrl, name, root, logger, metrics, requestTimeoutMs, checkOutput }),
  }
}
