import { type Db, MongoClient } from 'mongodb'
import type { Program, Site } from '../engine.ts'
import { cargoInstall, mongodDownload } from '../obtain/recipes.ts'

const MONGOD = '8.2.6'
const SECANTUS = '0.5.3-beta.196'

/** A replica set of one, which transactions need. */
export const mongod: Program = {
  command: 'mongod',
  data: 'mongod',
  cached: { folder: `mongod-${MONGOD}`, file: 'mongod' },
  download: mongodDownload(MONGOD),
  prepare: async ({ folder, port }: Site) => ({
    args: ['--bind_ip', '127.0.0.1', '--port', String(port), '--dbpath', folder, '--replSet', 'chat'],
    url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
  }),
  answers: (url) => initiate(url, new URL(url).host),
}

/** A single-node server with MongoDB's wire protocol, which can be built from a package registry. */
export const secantus: Program = {
  command: 'secantusd-rs',
  data: 'secantus',
  cached: { folder: `mongodb-secantus-${SECANTUS}`, file: 'bin/secantusd-rs' },
  build: cargoInstall('secantus-mdb', SECANTUS, 'bin/secantusd-rs', 'about seven minutes on two cores, once'),
  prepare: async ({ folder, port }: Site) => ({
    args: [
      ...['--host', '127.0.0.1', '--port', String(port), '--storage-path', folder],
      // Without it, a write with `j: true` is acknowledged before it is on disk.
      '--sync-on-commit',
      // A log file takes its full size on disk from the start; the cache takes what it needs.
      ...['--log-file-max', '32MB', '--cache-size', '512M'],
    ],
    url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
  }),
  answers: (url) => withAdmin(url, (admin) => admin.command({ ping: 1 })),
}

/** Makes a server a replica set of one, known as `host`. Rejects until it accepts writes. May be repeated. */
export const initiate = (url: string, host: string): Promise<void> =>
  withAdmin(url, (admin) => becomePrimary(admin, host))

async function withAdmin(url: string, use: (admin: Db) => Promise<unknown>): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 2000, connectTimeoutMS: 2000 })
  try {
    await use(client.db('admin'))
  } finally {
    await client.close()
  }
}

/** Initiates the set, or moves it to its current port. */
async function becomePrimary(admin: Db, host: string): Promise<void> {
  const hello = await admin.command({ hello: 1 })
  if (hello.isWritablePrimary) return
  const config = await currentConfig(admin)
  if (!config) {
    await admin.command({ replSetInitiate: { _id: 'chat', members: [{ _id: 0, host }] } })
  } else if (config.members[0]?.host !== host) {
    const moved = { ...config, version: config.version + 1, members: [{ ...config.members[0], host }] }
    // With `force`, since the set has no primary at its old address.
    await admin.command({ replSetReconfig: moved, force: true })
  }
  throw new Error('MongoDB is not the primary yet')
}

type SetConfig = { version: number; members: { host: string }[] }

async function currentConfig(admin: Db): Promise<SetConfig | undefined> {
  try {
    return (await admin.command({ replSetGetConfig: 1 })).config
  } catch (error) {
    const notYetInitialized = 94
    if ((error as { code?: number }).code === notYetInitialized) return undefined
    throw error
  }
}
