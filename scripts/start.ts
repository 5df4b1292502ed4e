import { startEngines } from '@chat/engines'
import {
  ConfigError,
  createLogger,
  createMetrics,
  type Logger,
  openAll,
  runUntilStopped,
  tuneHeap,
} from '@chat/service'
import { startStack } from '@chat/stack'
import { type Config, readConfig } from '@chat/stack/config'
import { developmentKeys } from './development.ts'
import { buildPage } from './page.ts'

const isDevelopment = process.env.NODE_ENV !== 'production'
const print = (line: string) => process.stdout.write(`${line}\n`)

/** Everything on one machine: engines where none are configured, then every service in this process. */
const start = (config: Config, logger: Logger, abort: AbortSignal) =>
  openAll(async (scope) => {
    const engines = await scope.use(
      'engines',
      startEngines({ dataDir: config.dataDir, env: process.env, log: print, signal: abort }),
    )
    if (isDevelopment) await fillInKeys(config)
    if (config.demo) await buildPage(print)
    const { natsUrl, mongoUrl, s3Url } = engines.urls
    const metrics = createMetrics({ withProcess: true })
    const stack = await scope.use(
      'services',
      startStack({ config, natsUrl, mongoUrl, s3Url, logger, metrics }),
    )
    const [gatewayPort] = stack.gatewayPorts
    const [platformPort] = stack.platformPorts
    if (config.demo) print(`the demo page: http://${config.host}:${gatewayPort}/`)
    print(
      `ready  gateway ws://${config.host}:${gatewayPort}${config.namespace}  platform-api http://${config.host}:${platformPort}`,
    )
    return {}
  })

/** Generates the secrets that production must configure, once, and prints how to use them. */
async function fillInKeys(config: Config) {
  const keys = await developmentKeys(config.dataDir)
  if (!config.auth.secret && !config.auth.jwksUrl) config.auth.secret = keys.jwtSecret
  if (config.apiKeys.length > 0) return
  config.apiKeys.push(keys.apiKey)
  print(`development API key (header chat-api-key): ${keys.apiKey}`)
  print(
    `a token for a user: curl -X POST http://${config.host}:${config.platformPort}/v1/users/alice/token -H 'chat-api-key: ${keys.apiKey}' -H 'content-type: application/json' -d '{}'`,
  )
}

tuneHeap()
const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort())

try {
  const config = readConfig(process.env, isDevelopment)
  const logger = createLogger(config.logLevel)
  await runUntilStopped(start(config, logger, abort.signal), logger)
} catch (error) {
  const cause = error instanceof Error ? error : new Error(String(error))
  const text = cause instanceof ConfigError || isDevelopment ? cause.message : cause.stack
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
