import { createECDH, generateKeyPairSync } from 'node:crypto'
import { readConfig as readFiles } from '@chat/files/config'
import { readConfig as readGateway } from '@chat/gateway/config'
import { readConfig as readRooms } from '@chat/rooms/config'
import { ConfigError, ConfigReader, defaultLimits } from '@chat/service'
import { describe, expect, test } from '@jest/globals'
import { readConfig } from './config.ts'

const secret = 's'.repeat(32)
const production = { CHAT_JWT_SECRET: secret, CHAT_API_KEYS: 'one' }

function problemsOf(env: Record<string, string>, isDevelopment = true): string[] {
  try {
    readConfig(env, isDevelopment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}
const variables = (problems: string[]) => problems.map((problem) => problem.split(' ')[0])

test('development needs no variables', () => {
  expect(readConfig({}, true)).toMatchObject({
    gatewayPort: 3000,
    platformPort: 3001,
    host: '127.0.0.1',
    namespace: '/chat',
    auth: { secret: null, jwksUrl: null, userClaim: 'sub' },
    apiKeys: [],
    allowedOrigins: ['*'],
    webhooksMayBePrivate: false,
    limits: defaultLimits,
    drainMs: 0,
    tracing: null,
  })
})

test('in production an edge drains, within the time limit of a stop', () => {
  expect(readConfig(production, false).drainMs).toBe(2_000)
  expect(readConfig({ ...production, CHAT_DRAIN_SECONDS: '0.5' }, false).drainMs).toBe(500)
  for (const wrong of ['4', '-1', 'soon'])
    expect(variables(problemsOf({ CHAT_DRAIN_SECONDS: wrong }))).toEqual(['CHAT_DRAIN_SECONDS'])
})

test('traces are sent to CHAT_OTLP_URL, all or a ratio of them', () => {
  const url = 'http://collector:4318'
  expect(readConfig({ CHAT_OTLP_URL: url }, true).tracing).toEqual({ url, ratio: 1 })
  expect(readConfig({ CHAT_OTLP_URL: url, CHAT_TRACE_RATIO: '0.1' }, true).tracing?.ratio).toBe(0.1)
  expect(variables(problemsOf({ CHAT_OTLP_URL: 'collector', CHAT_TRACE_RATIO: '2' }))).toEqual([
    'CHAT_OTLP_URL',
    'CHAT_TRACE_RATIO',
  ])
})

test('all problems are reported at once', () => {
  const problems = problemsOf(
    {
      CHAT_GATEWAY_PORT: '70000',
      CHAT_PLATFORM_PORT: 'abc',
      CHAT_HEALTH_PORT: '-1',
      CHAT_NAMESPACE: 'chat',
      CHAT_JWT_SECRET: 'short',
      CHAT_JWKS_URL: 'ftp://keys',
      CHAT_NATS_URL: 'http://nats',
      CHAT_MONGO_URL: 'mongo',
      CHAT_LIMITS: '{"textLength":0,"nope":1}',
      CHAT_LOG_LEVEL: 'loud',
    },
    false,
  )
  expect(new Set(variables(problems))).toEqual(
    new Set([
      'CHAT_GATEWAY_PORT',
      'CHAT_PLATFORM_PORT',
      'CHAT_HEALTH_PORT',
      'CHAT_NAMESPACE',
      'CHAT_JWT_SECRET',
      'CHAT_JWKS_URL',
      'CHAT_NATS_URL',
      'CHAT_MONGO_URL',
      'CHAT_LIMITS',
      'CHAT_LOG_LEVEL',
      'CHAT_API_KEYS',
    ]),
  )
  expect(problems.filter((problem) => problem.startsWith('CHAT_LIMITS'))).toHaveLength(2)
})

test('every one of several NATS URLs is checked, and all need the same scheme', () => {
  const natsUrl = (urls: string) => readConfig({ CHAT_NATS_URL: urls }, true).natsUrl
  expect(natsUrl('nats://u:p@one:4222, nats://two:4222')).toBe('nats://u:p@one:4222,nats://two:4222')
  for (const wrong of ['nats://one,two', 'nats://one,', 'nats://one,http://two', 'tls://one,nats://two'])
    expect(variables(problemsOf({ CHAT_NATS_URL: wrong }))).toEqual(['CHAT_NATS_URL'])
})

test('the error shows each problem on its own line, and no secret', () => {
  const error = (() => {
    try {
      readConfig({ CHAT_JWT_SECRET: 'too-short', CHAT_LOG_LEVEL: 'loud' }, true)
    } catch (thrown) {
      return thrown as Error
    }
    throw new Error('not refused')
  })()
  expect(error.message.split('\n')).toHaveLength(3)
  expect(error.message).not.toContain('too-short')
})

test('production needs a way to authenticate clients, and platform keys', () => {
  expect(variables(problemsOf({}, false))).toEqual(['CHAT_JWT_SECRET', 'CHAT_API_KEYS'])
  expect(variables(problemsOf({ CHAT_API_KEYS: ' , ', CHAT_JWT_SECRET: '  ' }, false))).toEqual([
    'CHAT_JWT_SECRET',
    'CHAT_API_KEYS',
  ])
  expect(problemsOf(production, false)).toEqual([])
  expect(problemsOf({ CHAT_JWKS_URL: 'https://issuer/keys', CHAT_API_KEYS: 'one' }, false)).toEqual([])
  expect(readConfig(production, false).allowedOrigins).toEqual([])
})

test('a secret has at least 32 bytes', () => {
  expect(problemsOf({ CHAT_JWT_SECRET: 's'.repeat(31) })).toEqual([
    'CHAT_JWT_SECRET must be at least 32 bytes long',
  ])
  expect(problemsOf({ CHAT_JWT_SECRET: '한'.repeat(11) })).toEqual([])
})

test('each limit can be set by itself', () => {
  expect(readConfig({ CHAT_LIMITS: '{"messagesPerSecond":50}' }, true).limits).toEqual({
    ...defaultLimits,
    messagesPerSecond: 50,
  })
})

test.each([
  '{"messagePerSecond":50}',
  '{"__proto__":1}',
  '{"toString":1}',
  '{"textLength":"4000"}',
  '{"textLength":-1}',
  '{"textLength":null}',
  '{"textLength":true}',
  '[]',
  '5',
  'null',
  'not json',
])('CHAT_LIMITS %s is a problem', (limits) => {
  expect(variables(problemsOf({ CHAT_LIMITS: limits }))).toEqual(['CHAT_LIMITS'])
})

test('keys and origins are lists; empty entries and spaces are ignored', () => {
  const config = readConfig(
    {
      ...production,
      CHAT_API_KEYS: ' one, two ,,',
      CHAT_ALLOWED_ORIGINS: 'https://a.example,https://b.example',
    },
    false,
  )
  expect(config.apiKeys).toEqual(['one', 'two'])
  expect(config.allowedOrigins).toEqual(['https://a.example', 'https://b.example'])
})

test('mail needs a server and a sender', () => {
  const url = 'smtps://user:secret@mail.example:465'
  const mailOf = (from: string) => readConfig({ CHAT_SMTP_URL: url, CHAT_MAIL_FROM: from }, true).mail
  expect(readConfig({ CHAT_MAIL_FROM: 'chat@example.com' }, true).mail).toBeNull()
  expect(mailOf('chat@example.com')).toEqual({ url, from: 'chat@example.com' })
  expect(mailOf('"Chat" <chat@example.com>')?.from).toBe('"Chat" <chat@example.com>')
  expect(variables(problemsOf({ CHAT_SMTP_URL: 'http://mail.example' }))).toEqual(['CHAT_SMTP_URL'])
  for (const from of ['', 'chat', 'chat@example.com\nBcc: all@example.com'])
    expect(variables(problemsOf({ CHAT_SMTP_URL: url, CHAT_MAIL_FROM: from }))).toEqual(['CHAT_MAIL_FROM'])
})

test('banned words are refused or masked', () => {
  const modeOf = (mode: string) => readConfig({ CHAT_BANNED_WORDS_MODE: mode }, true).bannedWordsMode
  expect([modeOf(''), modeOf('mask'), modeOf('refuse')]).toEqual(['refuse', 'mask', 'refuse'])
  expect(variables(problemsOf({ CHAT_BANNED_WORDS_MODE: 'allow' }))).toEqual(['CHAT_BANNED_WORDS_MODE'])
})

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const serviceAccount = {
  project_id: 'p',
  client_email: 'a@b',
  private_key: privateKey,
  type: 'service_account',
}

describe('CHAT_FCM_CREDENTIALS', () => {
  const given = serviceAccount
  const account = { projectId: 'p', clientEmail: 'a@b', privateKey }

  test('may be the account, its path, or absent', () => {
    const json = JSON.stringify(given)
    expect(readConfig({ CHAT_FCM_CREDENTIALS: json }, true).fcm).toEqual(account)
    const files: Record<string, string> = { '/keys/fcm.json': json }
    const readText = (path: string) => files[path] as string
    expect(readConfig({ CHAT_FCM_CREDENTIALS: '/keys/fcm.json' }, true, readText).fcm).toEqual(account)
    expect(readConfig({}, true).fcm).toBeNull()
  })

  test.each([
    ['/no/such/file.json', /names a file that cannot be read \(ENOENT\)$/],
    ['{}', /must be a service account/],
    ['{"project_id": 5', /must be a service account/],
    [JSON.stringify({ ...given, client_email: '' }), /must be a service account/],
    [JSON.stringify({ ...given, private_key: 'a secret' }), /must be a service account/],
  ])('%s is reported without secrets', (value, problem) => {
    const problems = problemsOf({ CHAT_FCM_CREDENTIALS: value })
    expect(problems).toEqual([expect.stringMatching(problem)])
    expect(variables(problems)).toEqual(['CHAT_FCM_CREDENTIALS'])
    expect(problems[0]).not.toContain('a secret')
  })
})

describe('CHAT_FCM_WEB', () => {
  const vapidKey = createECDH('prime256v1').generateKeys('base64url')
  const app = { apiKey: 'key', projectId: 'p', messagingSenderId: '1', appId: '1:1:web:1', vapidKey }
  const problemsOfWeb = (changes: object) =>
    problemsOf({ CHAT_FCM_WEB: JSON.stringify({ ...app, ...changes }) })

  test("is the web app's configuration from the console with its key; other fields are dropped", () => {
    const json = JSON.stringify({ ...app, authDomain: 'p.firebaseapp.com', measurementId: 'G-1' })
    expect(readConfig({ CHAT_FCM_WEB: json }, true).fcmWeb).toEqual(app)
    expect(readConfig({ CHAT_FCM_WEB: '/keys/web.json' }, true, () => json).fcmWeb).toEqual(app)
    expect(readConfig({}, true).fcmWeb).toBeNull()
  })

  test.each([
    { apiKey: '' },
    { projectId: 5 },
    { messagingSenderId: null },
    { appId: undefined },
    { vapidKey: `${vapidKey}=` },
    { vapidKey: vapidKey.slice(0, 80) },
    { vapidKey: Buffer.alloc(65, 4).toString('base64url') },
  ])('%j is a problem', (changes) => {
    expect(problemsOfWeb(changes)).toEqual([expect.stringMatching(/^CHAT_FCM_WEB must be .*vapidKey/)])
  })

  test('must belong to the same project as the credentials', () => {
    const account = JSON.stringify({ ...serviceAccount, project_id: 'other' })
    const env = { CHAT_FCM_WEB: JSON.stringify(app), CHAT_FCM_CREDENTIALS: account }
    expect(variables(problemsOf(env))).toEqual(['CHAT_FCM_WEB'])
    expect(problemsOf({ ...env, CHAT_FCM_CREDENTIALS: JSON.stringify(serviceAccount) })).toEqual([])
  })
})

test('the demo is on by default in development only, and not if another party signs the tokens', () => {
  expect(readConfig({}, true).demo).toBe(true)
  expect(readConfig({ CHAT_DEMO: 'off' }, true).demo).toBe(false)
  expect(readConfig({ CHAT_JWKS_URL: 'https://keys.example' }, true).demo).toBe(false)
  expect(readConfig(production, false).demo).toBe(false)
  expect(readConfig({ ...production, CHAT_DEMO: 'on' }, false).demo).toBe(true)
  expect(variables(problemsOf({ CHAT_DEMO: 'maybe' }))).toEqual(['CHAT_DEMO'])
  expect(variables(problemsOf({ CHAT_DEMO: 'on', CHAT_JWKS_URL: 'https://keys.example' }))).toEqual([
    'CHAT_DEMO',
  ])
})

test('a service in its own process needs its engines and reads no variables of other services', () => {
  const problems = (readService: (read: ConfigReader) => unknown, env: Record<string, string> = {}) => {
    const read = new ConfigReader(env, { needsEngines: true })
    readService(read)
    try {
      read.check()
      return []
    } catch (error) {
      return variables((error as ConfigError).problems)
    }
  }
  const engines = { CHAT_NATS_URL: 'nats://n', CHAT_MONGO_URL: 'mongodb://m', CHAT_S3_URL: 'http://s' }
  expect(problems(readRooms)).toEqual(['CHAT_NATS_URL', 'CHAT_MONGO_URL'])
  expect(problems(readFiles)).toEqual(['CHAT_NATS_URL', 'CHAT_MONGO_URL', 'CHAT_S3_URL'])
  expect(problems(readGateway)).toEqual(['CHAT_NATS_URL', 'CHAT_JWT_SECRET'])
  expect(problems(readRooms, { ...engines, CHAT_JWT_SECRET: 'short', CHAT_FILE_TYPES: '' })).toEqual([])
  const gateway = { CHAT_NATS_URL: 'nats://n', CHAT_JWT_SECRET: secret, CHAT_DEMO: 'on' }
  expect(problems(readGateway, gateway)).toEqual(['CHAT_S3_PUBLIC_URL'])
  expect(problems(readGateway, { ...gateway, CHAT_S3_URL: 'http://s' })).toEqual([])
})
