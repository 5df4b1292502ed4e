import { readLimits } from './limits.ts'
import type { ConfigReader } from './reader.ts'

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** Where traces are sent (OTLP over HTTP), and the share of them. */
export type Tracing = { url: string; ratio: number }
export type ProcessConfig = ReturnType<typeof readProcess>

export const readProcess = (read: ConfigReader) => ({
  host: read.text('CHAT_HOST') ?? '127.0.0.1',
  healthPort: read.port('CHAT_HEALTH_PORT', 3002),
  natsUrl: read.engine('CHAT_NATS_URL', read.urls('CHAT_NATS_URL', ['nats', 'tls'])),
  tracing: readTracing(read),
  limits: readLimits(read),
  logLevel: read.choice('CHAT_LOG_LEVEL', LOG_LEVELS, 'info'),
})

function readTracing(read: ConfigReader): Tracing | null {
  const url = read.url('CHAT_OTLP_URL', ['http', 'https'])
  const ratio = read.number('CHAT_TRACE_RATIO', 1, [0, 1])
  return url === null ? null : { url, ratio }
}

/** What an edge needs besides: a process that listens for clients or platforms. */
export const readEdge = (read: ConfigReader) => ({
  /** How long an edge that stops continues to answer, so that balancers see that it is not ready. */
  drainMs: read.number('CHAT_DRAIN_SECONDS', read.isDevelopment ? 0 : 2, [0, 3]) * 1_000,
  namespace: read.matching('CHAT_NAMESPACE', /^\/[\w/-]*$/, 'must be a path such as /chat', '/chat'),
})

export const readMongo = (read: ConfigReader) => ({
  mongoUrl: read.engine('CHAT_MONGO_URL', read.url('CHAT_MONGO_URL', ['mongodb', 'mongodb+srv'])),
})

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

export function readS3(read: ConfigReader) {
  const { url, publicUrl } = readS3Urls(read)
  const bucket = read.matching('CHAT_S3_BUCKET', BUCKET, 'must be a bucket name', 'chat')
  return { s3: { url: read.engine('CHAT_S3_URL', url), publicUrl, bucket } }
}

/** `publicUrl`: where browsers reach S3, if that differs. */
export const readS3Urls = (read: ConfigReader) => ({
  url: read.url('CHAT_S3_URL', ['http', 'https']),
  publicUrl: read.url('CHAT_S3_PUBLIC_URL', ['http', 'https']),
})
