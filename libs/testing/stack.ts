import { createLogger, createMetrics } from '@chat/service'
import { type StackOptions, startStack } from '@chat/stack'
import { type Config, readConfig } from '@chat/stack/config'
import { signedIn } from './nats-users.ts'
import { mintToken } from './tokens.ts'

export const testSecret = 'a-secret-of-the-tests-that-is-long-enough'
export const testApiKey = 'key-of-the-tests'

type Options = {
  limits?: Partial<Config['limits']>
  instances?: NonNullable<StackOptions['instances']>
  config?: Partial<Config>
  /** Use other engines than the run's. */
  engines?: { natsUrl: string; mongoUrl: string; s3Url?: string }
  /** Another address of the run's NATS, such as a proxy. */
  natsUrl?: string
  root?: string
  pageFolder?: string
  platformRate?: NonNullable<StackOptions['platformRate']>
  webhookTimes?: StackOptions['webhookTimes']
  /** Adds metrics of the process, as production does. */
  withProcess?: boolean
}

/** Limits that are too high to matter in tests of other things. */
const highLimits = {
  messagesPerSecond: 10_000,
  messageBurst: 10_000,
  readsPerSecond: 10_000,
  readBurst: 10_000,
  eventsPerSecond: 10_000,
  eventBurst: 10_000,
  // Tests must pass on a slow machine.
  requestTimeoutMs: 15_000,
}

const env = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: run the tests with npm test`)
  return value
}

/** Starts the whole stack on free ports, with its own databases, bucket and subjects. */
export async function startTestStack(options: Options = {}) {
  const config: Config = {
    ...readConfig({ CHAT_LOG_LEVEL: process.env.CHAT_LOG_LEVEL ?? 'silent', CHAT_DEMO: 'off' }, true),
    ...options.config,
  }
  config.gatewayPort = options.config?.gatewayPort ?? 0
  config.platformPort = options.config?.platformPort ?? 0
  config.apiKeys = options.config?.apiKeys ?? [testApiKey]
  config.auth = { ...config.auth, secret: testSecret, ...options.config?.auth }
  config.limits = { ...config.limits, ...highLimits, ...options.limits }
  const root = options.root ?? `t${crypto.randomUUID().replaceAll('-', '').slice(0, 12)}`
  const engines = {
    natsUrl: options.engines?.natsUrl ?? options.natsUrl ?? env('CHAT_TEST_NATS_URL'),
    mongoUrl: options.engines?.mongoUrl ?? env('CHAT_TEST_MONGO_URL'),
    s3Url: options.engines?.s3Url ?? env('CHAT_TEST_S3_URL'),
  }
  // Only the run's own NATS server has users.
  const isOurs = options.natsUrl !== undefined || engines.natsUrl === process.env.CHAT_TEST_NATS_URL
  const hasUsers = process.env.CHAT_TEST_NATS_USERS === 'on' && isOurs
  const natsUrlOf = (service: string) => (hasUsers ? signedIn(engines.natsUrl, service) : engines.natsUrl)
  config.s3 = { ...config.s3, bucket: `chat-${root}`, ...options.config?.s3 }
  const stack = await startStack({
    config,
    ...engines,
    natsUrlOf,
    logger: createLogger(config.logLevel),
    root,
    instances: options.instances ?? {},
    pageFolder: options.pageFolder,
    webhookTimes: options.webhookTimes,
    platformRate: options.platformRate ?? { requests: 100_000, seconds: 1 },
    checksOutput: true,
    metrics: createMetrics({ withProcess: options.withProcess ?? false }),
  })
  const platformUrls = stack.platformPorts.map((port) => `http://127.0.0.1:${port}`)
  const [platformUrl = ''] = platformUrls
  const call = async (method: string, path: string, body: unknown, headers: Record<string, string>) => {
    const response = await fetch(`${platformUrl}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, body: (await response.json()) as never }
  }
  return {
    root,
    config,
    ...engines,
    natsUrlOf,
    gatewayUrls: stack.gatewayPorts.map((port) => `ws://127.0.0.1:${port}`),
    gatewayUrl: `ws://127.0.0.1:${stack.gatewayPorts[0]}`,
    platformUrl,
    platformUrls,
    webhookTimes: options.webhookTimes,
    metrics: stack.metrics,
    close: stack.close,
    token: (userId: string, claims: Record<string, unknown> = {}) =>
      mintToken(testSecret, { sub: userId, ...claims }),
    /** Posts to the platform API. */
    post: (path: string, body: unknown, headers: Record<string, string> = { 'chat-api-key': testApiKey }) =>
      call('POST', path, body, headers),
    /** Calls the platform API by any method, with the API key. */
    call: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      call(method, path, body, { 'chat-api-key': testApiKey, ...headers }),
  }
}
export type TestStack = Awaited<ReturnType<typeof startTestStack>>
