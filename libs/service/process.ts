import { createServer } from 'node:http'
import { type Config, ConfigError, type Need, readConfig } from './config.ts'
import { type Checks, serveHealth } from './health.ts'
import { closeHttp, listen } from './http.ts'
import { createLogger } from './logger.ts'
import { Metrics } from './metrics.ts'
import { runUntilStopped } from './run.ts'
import { openAll } from './scope.ts'
import { type Surroundings, surround } from './surroundings.ts'

type Started = { ready: Checks; port?: number; close: () => Promise<void> }
type Service = {
  name: string
  /** What must be configured. */
  needs: readonly Need[]
  start: (surroundings: Surroundings) => Promise<Started>
}

/**
 * A service as a process of its own, until it is told to stop. One that cannot start says why and exits with 1:
 * whoever runs it starts it again.
 */
export async function runService({ name, needs, start }: Service) {
  try {
    const config = readConfig(process.env, false, undefined, ['nats', ...needs])
    const logger = createLogger(config.logLevel)
    const metrics = new Metrics().withProcess()
    const { natsUrl, mongoUrl, s3 } = config
    const urls = { natsUrl: natsUrl ?? '', mongoUrl: mongoUrl ?? '', s3Url: s3.url ?? '' }
    const surroundings = surround({ name, config, ...urls, logger, metrics })
    const starting = openAll(async (scope) => {
      const { ready, port } = await scope.use(name, start(surroundings), (service) => service.close())
      // Where it listens for others, it answers about its health there.
      if (port === undefined) await scope.use('health', openHealth(ready, metrics, config), closeHttp)
      logger.info({ name }, 'ready')
      return {}
    })
    await runUntilStopped(starting, logger)
  } catch (error) {
    const { message, stack } = error as Error
    process.stderr.write(`${error instanceof ConfigError ? message : stack}\n`)
    process.exit(1)
  }
}

async function openHealth(ready: Checks, metrics: Metrics, { healthPort, host }: Config) {
  const health = serveHealth(ready, metrics)
  const http = createServer((request, response) => {
    if (!health(request, response)) response.writeHead(404).end()
  })
  await listen(http, healthPort, host)
  return http
}
