import { createServer } from 'node:http'
import {
  type Bus,
  type Checks,
  type Config,
  closeHttp,
  type Logger,
  listen,
  type Metrics,
  openAll,
  serveHealth,
} from '@chat/service'
import { createApp } from './app.ts'

/** A body that comes more slowly than this is given up. */
const REQUEST_TIMEOUT_MS = 30_000

export type Options = {
  config: Pick<Config, 'host' | 'platformPort' | 'auth' | 'apiKeys'>
  logger: Logger
  metrics: Metrics
  openBus: () => Promise<Bus>
  /** What else must answer before this process is ready. */
  checks?: Checks
}

/** The edge for companies' back ends. */
export const start = (options: Options) =>
  openAll(async (scope) => {
    const { config, logger, metrics } = options
    const bus = await scope.use('nats', options.openBus(), (b) => b.close())
    const ready: Checks = { nats: () => bus.ping(), ...options.checks }
    const health = serveHealth(ready, metrics)
    const answer = createApp({ bus, auth: config.auth, apiKeys: config.apiKeys, logger, metrics }).callback()
    const http = createServer((request, response) => {
      if (!health(request, response)) void answer(request, response)
    })
    http.requestTimeout = REQUEST_TIMEOUT_MS
    const port = await scope.use('http', listen(http, config.platformPort, config.host), () =>
      closeHttp(http),
    )
    return { ready, port }
  })
