import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Message, Room } from '@chat/contract'
import { roleNames } from '@chat/contract/permissions'
import { type Engines, startEngines } from '@chat/engines'
import {
  connectPlain,
  eventually,
  freePort,
  makeRoom,
  mintToken,
  natsUsers,
  newestPage,
  sendText,
  signedIn,
  testApiKey,
  testSecret,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// Every service in a process of its own, as in containers, with the NATS user of its role. These processes use fixed
// names, so they have engines of their own.

const services = roleNames.filter((name) => name !== 'operator')
type Service = (typeof services)[number]
type Running = { child: ChildProcess; port: number }
const running = new Map<Service, Running>()

let engines: Engines
let dataDir: string
const { PATH, HOME, XDG_CACHE_HOME } = process.env
const secrets = { CHAT_JWT_SECRET: testSecret, CHAT_API_KEYS: testApiKey }
const portVariable = (name: Service) =>
  name === 'gateway'
    ? 'CHAT_GATEWAY_PORT'
    : name === 'platform-api'
      ? 'CHAT_PLATFORM_PORT'
      : 'CHAT_HEALTH_PORT'

function run(name: Service, env: NodeJS.ProcessEnv, output: 'ignore' | 'pipe' = 'ignore') {
  return spawn(process.execPath, [`services/${name}/main.ts`], {
    stdio: ['ignore', output, 'pipe'],
    env: { PATH, HOME, CHAT_LOG_LEVEL: 'error', ...env },
  })
}

/** Only edges get secrets, and a service gets only the addresses of engines that it uses. */
async function start(name: Service) {
  const port = await freePort()
  const isEdge = name === 'gateway' || name === 'platform-api'
  const { natsUrl, mongoUrl: CHAT_MONGO_URL, s3Url: CHAT_S3_URL } = engines.urls
  const child = run(name, {
    [portVariable(name)]: String(port),
    CHAT_NATS_URL: signedIn(natsUrl, name),
    ...(name !== 'gateway' && { CHAT_MONGO_URL }),
    ...((name === 'files' || name === 'messages') && { CHAT_S3_URL }),
    ...(isEdge && secrets),
  })
  child.stderr?.pipe(process.stderr)
  running.set(name, { child, port })
  await eventually(async () => {
    expect(child.exitCode).toBe(null)
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
  }, 240_000)
}

const portOf = (name: Service) => running.get(name)?.port
const enter = async (userId: string) =>
  connectPlain(`ws://127.0.0.1:${portOf('gateway')}`, await mintToken(testSecret, { sub: userId }))

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'chat-processes-'))
  engines = await startEngines({ dataDir, env: { PATH, HOME, XDG_CACHE_HOME }, log: () => {}, natsUsers })
  await Promise.all(services.map(start))
}, 300_000)
afterAll(async () => {
  for (const { child } of running.values()) child.kill('SIGKILL')
  await engines?.close()
  await rm(dataDir, { recursive: true, force: true })
})

test('users exchange messages through separate processes', async () => {
  const [ann, ben] = await Promise.all([enter('ann'), enter('ben')])
  const room: Room = await makeRoom(ann, ['ben'])
  await eventually(() => expect(ben.told('listenRoom', room._id)).toBeDefined())
  await ben.get('joinRoom', room._id)
  const { _id } = await sendText(ann, room._id, 'hello from a process')
  await eventually(() =>
    expect(ben.payloads<Message>(`listenMessage_${room._id}`).map((message) => message._id)).toEqual([_id]),
  )
  await eventually(() => expect(ann.shown(room._id).at(-1)?.lastSeq).toBe(1))
  expect(await newestPage(ben, room._id)).toMatchObject([{ _id }])
  for (const client of [ann, ben]) client.close()
}, 60_000)

test('each process serves /livez, /readyz and /metrics', async () => {
  for (const name of services) {
    const at = `http://127.0.0.1:${portOf(name)}`
    for (const path of ['/livez', '/readyz', '/metrics']) expect((await fetch(at + path)).status).toBe(200)
    expect(await (await fetch(`${at}/metrics`)).text()).toContain('process_resident_memory_bytes')
  }
})

test('each process stops cleanly within 10 s of SIGTERM', async () => {
  const stopping = [...running.values()].map(async ({ child }) => {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    return (await exited)[0]
  })
  const started = performance.now()
  expect(await Promise.all(stopping)).toEqual(services.map(() => 0))
  expect(performance.now() - started).toBeLessThan(10_000)
}, 30_000)

test.each([
  ['NATS', 'CHAT_NATS_URL', 'nats'],
  ['MongoDB', 'CHAT_MONGO_URL', 'mongodb'],
  ['S3', 'CHAT_S3_URL', 'http'],
])(
  'a service waits for %s at its start, and stops on SIGTERM while it waits',
  async (_, variable, protocol) => {
    const { natsUrl, mongoUrl, s3Url } = engines.urls
    const there = { CHAT_NATS_URL: signedIn(natsUrl, 'files'), CHAT_MONGO_URL: mongoUrl, CHAT_S3_URL: s3Url }
    const away = { [variable]: `${protocol}://files:files@127.0.0.1:${await freePort()}` }
    const child = run('files', { ...there, ...away, CHAT_LOG_LEVEL: 'warn' }, 'pipe')
    const exited = once(child, 'exit')
    let said = ''
    child.stdout?.on('data', (bytes) => {
      said += bytes
    })
    await eventually(() => expect(said.match(/will try again/g)?.length).toBeGreaterThanOrEqual(2), 60_000)
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  },
  90_000,
)

test.each([
  ['gateway', ['CHAT_NATS_URL', 'CHAT_JWT_SECRET']],
  ['platform-api', ['CHAT_NATS_URL', 'CHAT_JWT_SECRET', 'CHAT_API_KEYS', 'CHAT_MONGO_URL']],
  ['rooms', ['CHAT_NATS_URL', 'CHAT_MONGO_URL']],
  ['messages', ['CHAT_NATS_URL', 'CHAT_MONGO_URL', 'CHAT_S3_URL']],
  ['files', ['CHAT_NATS_URL', 'CHAT_MONGO_URL', 'CHAT_S3_URL']],
  ['push', ['CHAT_NATS_URL', 'CHAT_MONGO_URL']],
] as const)('%s does not start without %j and names each missing variable', async (name, variables) => {
  const child = run(name, {})
  const [said, [code]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'exit')])
  expect(code).toBe(1)
  expect(said.match(/CHAT_\w+(?= )/g)?.filter((one) => one !== 'CHAT_JWKS_URL')).toEqual(variables)
})
