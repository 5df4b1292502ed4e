import { setTimeout as delay } from 'node:timers/promises'
import mongoose from 'mongoose'

// Prepares a new MongoDB server: a replica set with one member, and one user per service, who may use its own database
// only. On a prepared server it only updates changed passwords. Waits until the server answers.
//   MONGO_URL    with the credentials of the administrator
//   MONGO_HOST   host:port at which services reach the server
//   MONGO_ROOMS and so on: for each database, the password of its user

const DATABASES = ['rooms', 'messages', 'files', 'push', 'platform']
const NOT_YET_INITIALIZED = 94
const USER_EXISTS = 51_003
const PAUSE_MS = 1_000
const DEADLINE_MS = 120_000

type Admin = mongoose.mongo.Db
const codeOf = (error: unknown) => (error as { code?: unknown } | null)?.code
const print = (line: string) => process.stdout.write(`${line}\n`)

async function initiate(admin: Admin, host: string) {
  try {
    await admin.command({ replSetGetStatus: 1 })
  } catch (error) {
    if (codeOf(error) !== NOT_YET_INITIALIZED) throw error
    await admin.command({ replSetInitiate: { _id: 'chat', members: [{ _id: 0, host }] } })
    print(`the replica set is initiated, with ${host}`)
  }
}

async function untilPrimary(admin: Admin) {
  const { isWritablePrimary } = await admin.command({ hello: 1 })
  if (!isWritablePrimary) throw new Error('it takes no writes yet')
}

/** Its user is called like the service, and is kept in the database that it may use. */
async function saveUser(db: mongoose.mongo.Db, user: string, pwd: string) {
  const roles = [{ role: 'readWrite', db: db.databaseName }]
  try {
    await db.command({ createUser: user, pwd, roles })
    print(`${user} may use ${db.databaseName}`)
  } catch (error) {
    if (codeOf(error) !== USER_EXISTS) throw error
    await db.command({ updateUser: user, pwd, roles })
  }
}

/** @throws naming every one that is missing: an empty password would let anybody in */
function passwords(env: NodeJS.ProcessEnv): Map<string, string> {
  const given = DATABASES.map((name): [string, string] => [name, env[`MONGO_${name.toUpperCase()}`] ?? ''])
  const missing = given.filter(([, password]) => password === '').map(([name]) => name)
  if (missing.length > 0) throw new Error(`There is no password for ${missing.join(', ')}`)
  return new Map(given)
}

async function makeReady(url: string, host: string, users: Map<string, string>) {
  const client = new mongoose.mongo.MongoClient(url, { serverSelectionTimeoutMS: 2_000 })
  try {
    const admin = client.db('admin')
    await initiate(admin, host)
    await untilPrimary(admin)
    for (const [name, password] of users) await saveUser(client.db(`chat_${name}`), name, password)
  } finally {
    await client.close()
  }
}

const { MONGO_URL = '', MONGO_HOST = '' } = process.env
const users = passwords(process.env)
for (const deadline = Date.now() + DEADLINE_MS; ; await delay(PAUSE_MS)) {
  try {
    await makeReady(MONGO_URL, MONGO_HOST, users)
    print('MongoDB is ready')
    break
  } catch (error) {
    if (Date.now() > deadline) throw error
    print(`not yet: ${(error as Error).message}`)
  }
}
