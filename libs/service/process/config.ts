import { readFileSync } from 'node:fs'
import { type Outcome, type ReadText, readDocument } from './config-document.ts'
import { type FcmWeb, parseFcmWeb } from './fcm-web.ts'
import { parseServiceAccount, type ServiceAccount } from './service-account.ts'

/** Rates, sizes and times that `CHAT_LIMITS` may override, with their defaults; contract.md 'Limits' says what each means. */
export const defaultLimits = {
  textLength: 4000,
  eventBytes: 65_536,
  chunkBytes: 512_000,
  fileBytes: 104_857_600,
  messagesPerSecond: 5,
  messageBurst: 10,
  readsPerSecond: 3,
  readBurst: 30,
  eventsPerSecond: 20,
  eventBurst: 60,
  uploadsAtOnce: 4,
  socketsPerUser: 10,
  roomMembers: 1000,
  socketBacklogBytes: 1_048_576,
  uploadLinkSeconds: 300,
  downloadLinkSeconds: 60,
  requestTimeoutMs: 2000,
}
export type Limits = typeof defaultLimits

/** What people send each other, and nothing that a browser would run. */
export const defaultFileTypes = [
  ...[
    'image/jpeg',
    'image/png',
    'image/gif',
    'image/webp',
    'image/heic',
    'image/heif',
    'image/avif',
    'image/bmp',
  ],
  ...['video/mp4', 'video/quicktime', 'video/webm', 'video/x-matroska', 'video/3gpp'],
  ...[
    'audio/mpeg',
    'audio/mp4',
    'audio/x-m4a',
    'audio/aac',
    'audio/ogg',
    'audio/wav',
    'audio/flac',
    'audio/webm',
  ],
  ...['application/pdf', 'application/zip', 'application/gzip', 'application/x-7z-compressed', 'text/plain'],
  ...['application/rtf', 'application/x-cfb', 'application/vnd.openxmlformats-officedocument.*'],
  ...['application/vnd.oasis.opendocument.*', 'application/epub+zip', 'application/octet-stream'],
]

export type Auth = {
  secret: string | null
  jwksUrl: string | null
  issuer: string | null
  audience: string | null
  userClaim: string
}

/** Where traces go to (OTLP over HTTP), and which part of them. */
export type Tracing = { url: string; ratio: number }

export type Config = {
  gatewayPort: number
  platformPort: number
  healthPort: number
  host: string
  /** How long an edge that stops goes on answering, so that balancers see that it is ready no more. */
  drainMs: number
  dataDir: string
  namespace: string
  auth: Auth
  apiKeys: string[]
  natsUrl: string | null
  mongoUrl: string | null
  s3: { url: string | null; publicUrl: string | null; bucket: string }
  /** Media types that may be uploaded; `image/*` stands for all of its kind. */
  fileTypes: string[]
  /** What is done with a message that has a banned word. */
  bannedWordsMode: 'refuse' | 'mask'
  /** Webhooks may go into private networks, where http will do. */
  webhooksMayBePrivate: boolean
  /** Null where no mail is sent. */
  mail: { url: string; from: string } | null
  /** Null where pushes only go to the log. */
  fcm: ServiceAccount | null
  /** Null where the demo page reaches browsers only while it is open in them. */
  fcmWeb: FcmWeb | null
  allowedOrigins: string[]
  /** The page at `/`, with a sign-in for its ready users. */
  demo: boolean
  /** Null where nothing is traced. */
  tracing: Tracing | null
  limits: Limits
  logLevel: string
}

type Env = Record<string, string | undefined>
const readFile: ReadText = (path) => readFileSync(path, 'utf8')

/** Every problem of a configuration at once, each naming its variable. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly problems: string[]
  constructor(problems: string[]) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    )
    this.problems = problems
  }
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** Reads variables one by one and remembers what is wrong with them. An empty variable counts as unset. */
class Reader {
  readonly problems: string[] = []
  private readonly env: Env
  constructor(env: Env) {
    this.env = env
  }

  text(name: string): string | null {
    return this.env[name]?.trim() || null
  }

  list(name: string, fallback: string[]): string[] {
    const items = this.text(name)
      ?.split(',')
      .map((item) => item.trim())
      .filter(Boolean)
    return items?.length ? items : fallback
  }

  port(name: string, fallback: number): number {
    const value = this.text(name)
    if (value === null) return fallback
    if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value)
    return this.wrong(name, 'must be a port, 0 to 65535', fallback)
  }

  /** @param range both inclusive */
  number(name: string, fallback: number, [from, to]: [number, number]): number {
    const text = this.text(name)
    if (text === null) return fallback
    const value = Number(text)
    if (value >= from && value <= to) return value
    return this.wrong(name, `must be a number, ${from} to ${to}`, fallback)
  }

  url(name: string, protocols: string[]): string | null {
    const value = this.text(name)
    if (value === null) return null
    const first = value.split(',')[0] ?? ''
    if (isUrl(first, protocols)) return value
    return this.wrong(
      name,
      `must be a URL beginning with ${protocols.map((p) => `${p}://`).join(' or ')}`,
      null,
    )
  }

  /** One or more, comma-separated, all of one kind: with or without TLS. */
  urls(name: string, protocols: string[]): string | null {
    const value = this.url(name, protocols)
    const each = value?.split(',').map((url) => url.trim()) ?? []
    const isAlike = protocols.some((protocol) => each.every((url) => isUrl(url, [protocol])))
    if (value === null || isAlike) return value === null ? null : each.join(',')
    return this.wrong(
      name,
      `must have ${protocols.map((p) => `${p}://`).join(' or ')} before each server`,
      null,
    )
  }

  matching(name: string, pattern: RegExp, hint: string, fallback: string): string {
    const value = this.text(name) ?? fallback
    return pattern.test(value) ? value : this.wrong(name, hint, fallback)
  }

  /** @param fallback the first one unless it is given */
  choice<T extends string>(name: string, choices: readonly [T, ...T[]], fallback: T = choices[0]): T {
    const value = this.text(name) ?? fallback
    const chosen = choices.find((choice) => choice === value)
    return chosen ?? this.wrong(name, `must be one of ${choices.join(', ')}`, fallback)
  }

  /** A server takes no mail that comes from nobody. */
  mail(urlName: string, fromName: string): Config['mail'] {
    const url = this.url(urlName, ['smtp', 'smtps'])
    const from = this.text(fromName)
    if (url === null) return null
    const isSender = from !== null && /^[^\p{Cc}]*[^\s@<>]+@[^\s@<>]+>?$/u.test(from)
    return isSender ? { url, from } : this.wrong(fromName, 'must be the sender of mails, an address', null)
  }

  /** As JSON, or as a path to it. */
  document<T>(name: string, readText: ReadText, parse: (json: string) => Outcome<T>): T | null {
    const given = this.text(name)
    if (given === null) return null
    const outcome = readDocument(given, readText, parse)
    return 'value' in outcome ? outcome.value : this.wrong(name, outcome.problem, null)
  }

  tracing(urlName: string, ratioName: string): Tracing | null {
    const url = this.url(urlName, ['http', 'https'])
    const ratio = this.number(ratioName, 1, [0, 1])
    return url === null ? null : { url, ratio }
  }

  toggle(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined) return fallback
    if (['on', 'true', '1'].includes(value)) return true
    if (['off', 'false', '0'].includes(value)) return false
    return this.wrong(name, 'must be on or off', fallback)
  }

  limits(name: string): Limits {
    const value = this.text(name)
    if (value === null) return { ...defaultLimits }
    const given = parseObject(value)
    if (!given)
      return this.wrong(name, 'must be a JSON object such as {"messagesPerSecond": 50}', { ...defaultLimits })
    for (const [key, limit] of Object.entries(given)) {
      if (!Object.hasOwn(defaultLimits, key)) this.wrong(name, `has an unknown key "${key}"`, null)
      else if (typeof limit !== 'number' || !Number.isFinite(limit) || limit <= 0)
        this.wrong(name, `"${key}" must be a number above 0`, null)
    }
    return { ...defaultLimits, ...(given as Partial<Limits>) }
  }

  wrong<T>(name: string, problem: string, fallback: T): T {
    this.problems.push(`${name} ${problem}`)
    return fallback
  }
}

const isUrl = (text: string, protocols: string[]) =>
  protocols.some((protocol) => text.startsWith(`${protocol}://`)) && URL.canParse(text)

function parseObject(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

type Needed = { variable: string; problem: string; isMet: (config: Config) => boolean }

const needed = {
  auth: {
    variable: 'CHAT_JWT_SECRET',
    problem: 'or CHAT_JWKS_URL must be set: clients cannot be authenticated without',
    isMet: ({ auth }) => auth.secret !== null || auth.jwksUrl !== null,
  },
  apiKeys: {
    variable: 'CHAT_API_KEYS',
    problem: 'must be set: platforms cannot be authenticated without',
    isMet: ({ apiKeys }) => apiKeys.length > 0,
  },
  nats: { variable: 'CHAT_NATS_URL', problem: 'must be set', isMet: ({ natsUrl }) => natsUrl !== null },
  mongo: { variable: 'CHAT_MONGO_URL', problem: 'must be set', isMet: ({ mongoUrl }) => mongoUrl !== null },
  s3: { variable: 'CHAT_S3_URL', problem: 'must be set', isMet: ({ s3 }) => s3.url !== null },
  page: {
    variable: 'CHAT_S3_PUBLIC_URL',
    problem: 'must be set where CHAT_DEMO is on: the page shows files from there',
    isMet: ({ demo, s3 }) => !demo || s3.publicUrl !== null || s3.url !== null,
  },
} satisfies Record<string, Needed>
/** What a process cannot do without, and nobody makes up for it. */
export type Need = keyof typeof needed

/**
 * The configuration in `env` (the variables of contract.md 'Running').
 * @param isDevelopment whether a missing secret or key may be made up by the caller; where it may not, it is a problem
 * @param readText reads a file that a variable names
 * @param needs what must be configured
 * @throws ConfigError naming every problem
 */
export function readConfig(
  env: Env,
  isDevelopment: boolean,
  readText: ReadText = readFile,
  needs: readonly Need[] = isDevelopment ? [] : ['auth', 'apiKeys'],
): Config {
  const read = new Reader(env)
  const config: Config = {
    gatewayPort: read.port('CHAT_GATEWAY_PORT', 3000),
    platformPort: read.port('CHAT_PLATFORM_PORT', 3001),
    healthPort: read.port('CHAT_HEALTH_PORT', 3002),
    host: read.text('CHAT_HOST') ?? '127.0.0.1',
    drainMs: read.number('CHAT_DRAIN_SECONDS', isDevelopment ? 0 : 2, [0, 3]) * 1_000,
    dataDir: read.text('CHAT_DATA_DIR') ?? '.chat-data',
    namespace: read.matching('CHAT_NAMESPACE', /^\/[\w/-]*$/, 'must be a path such as /chat', '/chat'),
    auth: {
      secret: read.text('CHAT_JWT_SECRET'),
      jwksUrl: read.url('CHAT_JWKS_URL', ['https', 'http']),
      issuer: read.text('CHAT_JWT_ISSUER'),
      audience: read.text('CHAT_JWT_AUDIENCE'),
      userClaim: read.text('CHAT_JWT_USER_CLAIM') ?? 'sub',
    },
    apiKeys: read.list('CHAT_API_KEYS', []),
    natsUrl: read.urls('CHAT_NATS_URL', ['nats', 'tls']),
    mongoUrl: read.url('CHAT_MONGO_URL', ['mongodb', 'mongodb+srv']),
    s3: {
      url: read.url('CHAT_S3_URL', ['http', 'https']),
      publicUrl: read.url('CHAT_S3_PUBLIC_URL', ['http', 'https']),
      bucket: read.matching(
        'CHAT_S3_BUCKET',
        /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
        'must be a bucket name',
        'chat',
      ),
    },
    fileTypes: read.list('CHAT_FILE_TYPES', defaultFileTypes),
    bannedWordsMode: read.choice('CHAT_BANNED_WORDS_MODE', ['refuse', 'mask']),
    webhooksMayBePrivate: read.toggle('CHAT_WEBHOOK_ALLOW_PRIVATE', false),
    mail: read.mail('CHAT_SMTP_URL', 'CHAT_MAIL_FROM'),
    fcm: read.document('CHAT_FCM_CREDENTIALS', readText, parseServiceAccount),
    fcmWeb: read.document('CHAT_FCM_WEB', readText, parseFcmWeb),
    allowedOrigins: read.list('CHAT_ALLOWED_ORIGINS', isDevelopment ? ['*'] : []),
    // Where others sign the tokens, the sign-in of the demo cannot.
    demo: read.toggle('CHAT_DEMO', isDevelopment && !read.text('CHAT_JWKS_URL')),
    tracing: read.tracing('CHAT_OTLP_URL', 'CHAT_TRACE_RATIO'),
    limits: read.limits('CHAT_LIMITS'),
    logLevel: read.choice('CHAT_LOG_LEVEL', LOG_LEVELS, 'info'),
  }
  const { auth, fcm, fcmWeb } = config
  for (const need of needs) {
    const { variable, problem, isMet } = needed[need]
    if (!isMet(config)) read.wrong(variable, problem, null)
  }
  if (config.demo && !auth.secret && auth.jwksUrl) {
    read.wrong('CHAT_DEMO', 'needs CHAT_JWT_SECRET: its sign-in hands out tokens', null)
  }
  if (fcm && fcmWeb && fcm.projectId !== fcmWeb.projectId) {
    read.wrong('CHAT_FCM_WEB', 'is of another project than CHAT_FCM_CREDENTIALS: no push would arrive', null)
  }
  // RFC 7518, 3.2: an HS256 key is at least as long as the hash.
  if (auth.secret !== null && Buffer.byteLength(auth.secret) < 32) {
    read.wrong('CHAT_JWT_SECRET', 'must be at least 32 bytes long', null)
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems)
  return config
}
