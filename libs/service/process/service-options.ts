import { type Bus, openBus } from '../bus/bus.ts'
import type { BusOptions } from '../bus/connection.ts'
import type { Limits } from './config/limits.ts'
import type { ProcessConfig } from './config/process.ts'

type Options<C> = Omit<BusOptions, 'requestTimeoutMs'> & {
  config: C
  /** Empty where the service does not use the engine. */
  mongoUrl: string
  s3Url: string
}

/** What every service's `start` gets. Each takes what it needs. */
export type ServiceOptions<C = ProcessConfig> = Pick<
  Options<C>,
  'config' | 'mongoUrl' | 's3Url' | 'logger' | 'metrics'
> & { limits: Limits; openBus: () => Promise<Bus> }

export function serviceOptions<C extends ProcessConfig>(options: Options<C>): ServiceOptions<C> {
  const { name, natsUrl, root, checkOutput, ...shared } = options
  const { limits } = options.config
  const logger = options.logger.child({ service: name })
  const { metrics } = options
  const { requestTimeoutMs } = limits
  const bus = { natsUrl, name, root, logger, metrics, requestTimeoutMs, checkOutput }
  return { ...shared, limits, logger, openBus: () => openBus(bus) }
}
