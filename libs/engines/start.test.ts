import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Client } from 'minio'
import { MongoClient } from 'mongodb'
import { acquireDataDir, type EngineName, type Engines, type EngineUrls, startEngines } from './index.ts'
import { birthOf } from './process/processes.ts'

let dataDir: string
let lines: string[]
let engines: Engines | undefined

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'chat-engines-'))
  lines = []
})

afterEach(async () => {
  await engines?.close()
  await rm(dataDir, { recursive: true, force: true })
})

const start = async (only?: EngineName[]): Promise<Engines> => {
  engines = await startEngines({
    dataDir,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME },
    log: (line) => lines.push(line),
    ...(only && { only }),
  })
  return engines
}

test('killed engines restart at their addresses with their data, and a later run starts there too', async () => {
  const { urls, pids, close } = await start()
  await write(urls)
  const first = pids()
  expect(Object.keys(first)).toEqual(['nats', 'mongo', 's3'])

  for (const pid of Object.values(first)) process.kill(pid, 'SIGKILL')
  await eventually(() => {
    expect(pids()).toEqual({ nats: expect.any(Number), mongo: expect.any(Number), s3: expect.any(Number) })
    for (const name of ['nats', 'mongo', 's3'] as const) expect(pids()[name]).not.toBe(first[name])
  })
  await expectWritten(urls)
  expect(lines).toEqual(expect.arrayContaining(['NATS is back', 'MongoDB is back', 'S3 is back']))

  const last = Object.values(pids())
  await close()
  expect(last.filter(isAlive)).toEqual([])

  const again = await start()
  expect(again.urls).toEqual(urls)
  await expectWritten(again.urls)
}, 60_000)

test('engines left running by a killed owner do not block the next run', async () => {
  const owner = startElsewhere()
  const left: number[] = Object.values(JSON.parse(String((await once(owner.stdout, 'data'))[0])))
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  expect(left.filter(isAlive)).toHaveLength(2)

  await start(['nats', 's3'])
  expect(left.filter(isAlive)).toEqual([])
  expect(lines).toContain(`NATS: ended process ${left[0]}, left over from an earlier run`)
}, 60_000)

test('a live owner locks the data folder, and the error names its pid', async () => {
  const owner = startElsewhere()
  await once(owner.stdout, 'data')
  await expect(acquireDataDir(dataDir, { waitMs: 300 })).rejects.toThrow(`in use by process ${owner.pid}`)

  const waiting = start(['nats'])
  owner.stdin.end()
  expect((await waiting).pids()).toEqual({ nats: expect.any(Number) })
}, 60_000)

test('an engine with a URL is used as given, and nothing is started or written', async () => {
  const env = { CHAT_NATS_URL: 'nats://a:1', CHAT_MONGO_URL: 'mongodb://b:2', CHAT_S3_URL: 'http://k:s@c:3' }
  const given = await startEngines({ dataDir, env, log: (line) => lines.push(line) })
  expect(given.urls).toEqual({ natsUrl: 'nats://a:1', mongoUrl: 'mongodb://b:2', s3Url: 'http://k:s@c:3' })
  expect(given.pids()).toEqual({})
  await expect(acquireDataDir(dataDir, { waitMs: 0 }).then((release) => release())).resolves.toBeUndefined()
})

/** A process that owns the data folder until its input ends; prints the pids of its engines. */
function startElsewhere() {
  const script = `
    const { startEngines } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
    const engines = await startEngines({
      dataDir: ${JSON.stringify(dataDir)}, env: process.env, log: () => {}, only: ['nats', 's3'],
    })
    console.log(JSON.stringify(engines.pids()))
    process.stdin.resume().on('end', () => engines.close())`
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

async function write(urls: EngineUrls): Promise<void> {
  await Promise.all([
    withNats(urls, async (nats) => {
      const manager = await jetstreamManager(nats)
      await manager.streams.add({ name: 'KEPT', subjects: ['kept'] })
      await jetstream(nats).publish('kept', 'hello')
    }),
    withMongo(urls, (mongo) => mongo.db('test').collection('kept').insertOne({ text: 'hello' })),
    s3(urls)
      .makeBucket('kept')
      .then(() => s3(urls).putObject('kept', 'a/b', 'hello')),
  ])
}

async function expectWritten(urls: EngineUrls): Promise<void> {
  await withNats(urls, async (nats) => {
    const manager = await jetstreamManager(nats)
    expect((await manager.streams.getMessage('KEPT', { seq: 1 }))?.string()).toBe('hello')
  })
  await withMongo(urls, async (mongo) => {
    expect(await mongo.db('test').collection('kept').findOne()).toMatchObject({ text: 'hello' })
  })
  expect(await s3(urls).statObject('kept', 'a/b')).toMatchObject({ size: 5 })
}

async function withNats(urls: EngineUrls, use: (nats: Awaited<ReturnType<typeof connect>>) => Promise<void>) {
  const nats = await connect({ servers: urls.natsUrl })
  await use(nats).finally(() => nats.close())
}

async function withMongo(urls: EngineUrls, use: (mongo: MongoClient) => Promise<unknown>) {
  const mongo = new MongoClient(urls.mongoUrl)
  await use(mongo).finally(() => mongo.close())
}

function s3(urls: EngineUrls): Client {
  const { hostname, port, username, password } = new URL(urls.s3Url)
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    accessKey: username,
    secretKey: password,
  })
}

const isAlive = (pid: number): boolean => birthOf(pid) !== undefined

async function eventually(holds: () => void, deadline = Date.now() + 20_000): Promise<void> {
  for (;;) {
    try {
      return holds()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await delay(20)
    }
  }
}
