import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { faultOf } from '../bus/outage-fault.ts'
import { createLogger, type Logger } from '../telemetry/logger.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import { openTracing } from '../telemetry/tracing.ts'
import type { ProcessConfig } from './config/process.ts'
import { ConfigError, ConfigReader } from './config/reader.ts'
import { type Checks, serveHealth } from './health.ts'
import { tuneHeap } from './heap.ts'
import { closeHttp, listen } from './http.ts'
import { runUntilStopped } from './run.ts'
import { openAll } from './scope.ts'
import { type ServiceOptions, serviceOptions } from './service-options.ts'

/** How long a service waits for engines that do not answer, and the pause between tries. */
const PATIENCE_MS = 60_000
const PAUSE_MS = 1_000

type ServiceConfig = ProcessConfig & { mongoUrl?: string | null; s3?: { url: string | null } }
type Started = { ready: Checks; port?: number; close: () => Promise<void> }
type Service<C extends ServiceConfig> = {
  name: string
  readConfig: (read: ConfigReader) => C
  start: (options: ServiceOptions<C>) => Promise<Started>
}

/** Runs a service until it is told to stop. Waits for engines that start later; exits with 1 if it cannot start. */
export async function runService<C extends ServiceConfig>({ name, readConfig, start }: Service<C>) {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  tuneHeap()
  try {
    const read = new ConfigReader(process.env, { needsEngines: true })
    const config = readConfig(read)
    read.check()
    const logger = createLogger(config.logLevel)
    const metrics = createMetrics({ withProcess: true })
    const { natsUrl, mongoUrl, s3 } = config
    const urls = { natsUrl: natsUrl ?? '', mongoUrl: mongoUrl ?? '', s3Url: s3?.url ?? '' }
    const options = serviceOptions({ name, config, ...urls, logger, metrics })
    const starting = openAll(async (scope) => {
      await scope.use('tracing', openTracing(config.tracing, `chat-${name}`))
      const service = startPatiently(() => start(options), options.logger, stop.signal)
      const { ready, port } = await scope.use(name, service)
      // An edge answers about its health on its own port.
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

/** @throws the error of `start`, at once unless it is an outage */
async function startPatiently<T>(start: () => Promise<T>, logger: Logger, signal: AbortSignal): Promise<T> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await delay(PAUSE_MS, undefined, { signal })) {
    try {
      return await start()
    } catch (err) {
      if (!faultOf(err) || Date.now() > deadline) throw err
      logger.warn({ err }, 'an engine or service does not answer, will try again')
    }
  }
}

async function openHealth(ready: Checks, metrics: Metrics, { healthPort, host }: ProcessConfig) {
  const health = serveHealth(ready, metrics)
  const http = createServer((request, response) => {
    if (!health(request, response)) response.writeHead(404).end()
  })
  await listen(http, healthPort, host)
  return http
}
