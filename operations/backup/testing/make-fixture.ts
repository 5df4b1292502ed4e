// node operations/backup/testing/make-fixture.ts <folder> <gateway url> <platform url> <data folder> <checkout>
// Makes a small world in a running stack of an earlier version, which has the keys of the tests and is otherwise empty.
// Takes a backup of it by that version's own command, and stores beside it what that version answers.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { gzipSync } from 'node:zlib'
import { runningUrls } from '@chat/engines'
import { mintToken, testApiKey, testSecret } from '@chat/testing'
import mongoose, { type mongo } from 'mongoose'
import { databases } from '../layout.ts'
import { makeSmallWorld, type Server, type World } from './small-world.ts'
import { readWorld } from './world-answers.ts'

const [folder, gatewayUrl, platformUrl, dataDir, checkout] = process.argv.slice(2) as string[]
if (!folder || !gatewayUrl || !platformUrl || !dataDir || !checkout)
  throw new Error('Five arguments are needed')

const server: Server = {
  gatewayUrl,
  token: (userId, claims = {}) => mintToken(testSecret, { sub: userId, ...claims }),
  call: async (method, path, body) => {
    const headers = { 'chat-api-key': testApiKey, 'content-type': 'application/json' }
    const response = await fetch(`${platformUrl}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, body: (await response.json()) as never }
  },
}

type Indexes = Record<string, mongo.IndexDescriptionInfo[]>

/** What is derived from messages follows a moment later. */
async function settled(world: World) {
  for (let before = await readWorld(server, world); ; ) {
    await delay(3_000)
    const now = await readWorld(server, world)
    if (isDeepStrictEqual(now, before)) return now
    before = now
  }
}

/** The collections' indexes, which a backup does not have. */
async function readIndexes(): Promise<Indexes> {
  const { mongoUrl } = await runningUrls(dataDir as string, {})
  const client = await mongoose.createConnection(mongoUrl).asPromise()
  const indexes: Indexes = {}
  for (const name of databases) {
    const database = client.useDb(`chat_${name}`).db as mongo.Db
    for (const { name: collection } of await database.listCollections({}, { nameOnly: true }).toArray())
      indexes[`${name}/${collection}`] = (await database.collection(collection).indexes()).filter(
        (index) => index.name !== '_id_',
      )
  }
  await client.close()
  return indexes
}

const receiver = createServer((_, response) => response.writeHead(204).end()).listen(0, '127.0.0.1')
await once(receiver, 'listening')
const { port } = receiver.address() as AddressInfo
const world = await makeSmallWorld(server, `http://127.0.0.1:${port}/`)
const answers = await settled(world)
const target = resolve(folder, 'backup')
const command = ['run', '--silent', 'backup', '--', target]
execFileSync('npm', command, {
  cwd: checkout,
  stdio: 'inherit',
  env: { ...process.env, CHAT_DATA_DIR: dataDir },
})
const expected = { world, answers, indexes: await readIndexes() }
await writeFile(join(folder, 'expected.json.gz'), gzipSync(JSON.stringify(expected), { level: 9 }))
process.exit(0)
