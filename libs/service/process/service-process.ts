import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { faultOf } from '../bus/settle.ts'
import { createLogger, type Logger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { openTracing } from '../telemetry/tracing.ts'
import { type Config, ConfigError, type Need, readConfig } from './config.ts'
import { type Checks, serveHealth } from './health.ts'
import { closeHttp, listen } from './http.ts'
import { runUntilStopped } from './run.ts'
import { openAll } from './scope.ts'
import { type Surroundings, surround } from './service-options.ts'

/** How long engines that are away are waited for, and how often they are tried. */
const PATIENCE_MS = 60_000
const PAUSE_MS = 1_000

type Started = { ready: Checks; port?: number; close: () => Promise<void> }
type Service = {
  name: string
  /** What must be configured. */
  needs: readonly Need[]
  start: (surroundings: Surroundings) => Promise<Started>
}

/**
 * A service as a process of its own, until it is told to stop. Engines may come up later than it does. One that cannot
 * start says why and exits with 1: whoever runs it starts it again.
 */
export async function runService({ name, needs, start }: Service) {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  try {
    const config = readConfig(process.env, false, undefined, ['nats', ...needs])
    const logger = createLogger(config.logLevel)
    const metrics = new Metrics().withProcess()
    const { natsUrl, mongoUrl, s3 } = config
    const urls = { natsUrl: natsUrl ?? '', mongoUrl: mongoUrl ?? '', s3Url: s3.url ?? '' }
    const surroundings = surround({ name, config, ...urls, logger, metrics })
    const starting = openAll(async (scope) => {
      await scope.use('tracing', openTracing(config.tracing, `chat-${name}`), (t) => t.close())
      const service = startPatiently(() => start(surroundings), surroundings.logger, stop.signal)
      const { ready, port } = await scope.use(name, service, (s) => s.close())
      // Where it listens for others, it answers about its health there.
      if (port === undefined) await scope.use('health', openHealth(ready, metrics, config), closeHttp)
      logger.info({ name }, 'ready')
      return {}
    })
    await runUntilStopped(starting, logger)
  } catch (error) {
    if (stop.signal.aborted) process.exit(0)
    const { message, stack } = error as Error
    process.stderr.write(`${error instanceof ConfigError ? message : stack}\n`)
    process.exit(1)
  }
}

/** @throws what kept it from starting, at once where that is no outage */
async function startPatiently<T>(start: () => Promise<T>, logger: Logger, signal: AbortSignal): Promise<T> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await delay(PAUSE_MS, undefined, { signal })) {
    try {
      return await start()
    } catch (err) {
      if (!faultOf(err) || Date.now() > deadline) throw err
      logger.warn({ err }, 'what this service needs is away, will try again')
    }
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
