import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine, EngineName, EngineUrls } from './engine.ts'
import { engines } from './engines.ts'
import type { Found } from './obtain/find.ts'
import { obtain } from './obtain/obtain.ts'
import { Child } from './process/child.ts'
import { acquireDataDir, resolveDataDir } from './process/data-dir.ts'
import { freePort } from './process/ports.ts'
import { readRecord, recordFile } from './process/record.ts'
import type { NatsUser } from './programs/nats-config.ts'

export type EngineOptions = {
  dataDir: string
  env: NodeJS.ProcessEnv
  log: (line: string) => void
  only?: EngineName[]
  /** Cancels a build. */
  signal?: AbortSignal
  /** Users of a NATS that is started here. Without it, every client may do anything. */
  natsUsers?: NatsUser[]
}

export type Engines = {
  urls: EngineUrls
  pids: () => Partial<Record<EngineName, number>>
  /** Resolves when every engine that was started here has ended, within about five seconds. */
  close: () => Promise<void>
}

/** Starts the engines whose URLs are not in the environment. @throws for the user; then nothing is left running */
export async function startEngines(options: EngineOptions): Promise<Engines> {
  const { env, only } = options
  const asked = engines.filter(({ name }) => !only || only.includes(name))
  const wanted = asked.filter(({ variable }) => !env[variable])
  const local = wanted.length > 0 ? await startLocal(wanted, options) : nothingLocal
  const urls = { natsUrl: '', mongoUrl: '', s3Url: '' }
  for (const { name, variable, urlKey } of asked) {
    urls[urlKey] = local.children.get(name)?.url ?? env[variable] ?? ''
  }
  return { urls, pids: () => pidsOf(local.children), close: local.close }
}

type Local = { children: Map<EngineName, Child>; close: () => Promise<void> }

const nothingLocal: Local = { children: new Map(), close: async () => undefined }

async function startLocal(wanted: Engine[], options: EngineOptions): Promise<Local> {
  const dataDir = await resolveDataDir(options.dataDir)
  const release = await acquireDataDir(dataDir, { log: options.log })
  const children = new Map<EngineName, Child>()
  const close = async () => {
    await Promise.all([...children.values()].map((child) => child.close()))
    await release()
  }
  try {
    for (const [engine, found] of await obtain(wanted, { ...options, dataDir })) {
      const taken = [...children.values()].map((child) => child.port)
      children.set(engine.name, await makeChild(engine, found, { ...options, dataDir }, taken))
    }
    await Promise.all([...children.values()].map((child) => child.start()))
  } catch (error) {
    await close()
    throw error
  }
  let closed: Promise<void> | undefined
  return {
    children,
    close: () => {
      closed ??= close()
      return closed
    },
  }
}

async function makeChild(engine: Engine, found: Found, options: EngineOptions, taken: number[]) {
  const { dataDir, env, log, natsUsers } = options
  const folder = join(dataDir, found.program.data)
  const record = recordFile(dataDir, engine.name)
  const port = await freePort(readRecord(record)?.port, taken)
  await mkdir(folder, { recursive: true })
  return new Child({
    title: engine.title,
    file: found.file,
    launch: await found.program.prepare({ folder, port, natsUsers }),
    folder,
    port,
    logFile: join(dataDir, 'logs', `${engine.name}.log`),
    recordFile: record,
    env,
    answers: found.program.answers,
    log,
  })
}

const pidsOf = (children: Map<EngineName, Child>): Partial<Record<EngineName, number>> =>
  Object.fromEntries([...children].flatMap(([name, { pid }]) => (pid === undefined ? [] : [[name, pid]])))

/** A running stack's engines, from the environment or the data folder. @throws naming an engine that is in neither */
export async function runningUrls(dataDir: string, env: NodeJS.ProcessEnv): Promise<EngineUrls> {
  const urls = { natsUrl: '', mongoUrl: '', s3Url: '' }
  for (const engine of engines)
    urls[engine.urlKey] = env[engine.variable] || (await localUrl(engine, dataDir))
  return urls
}

async function localUrl({ name, title, variable, programs }: Engine, dataDir: string): Promise<string> {
  const folder = await resolveDataDir(dataDir)
  const record = readRecord(recordFile(folder, name))
  const program = programs.find(({ data }) => existsSync(join(folder, data)))
  if (record?.pid === undefined || !program)
    throw new Error(`${title} does not run here: start the stack with npm start, or set ${variable}`)
  const { url } = await program.prepare({ folder: join(folder, program.data), port: record.port })
  return url
}
