import { setTimeout as delay } from 'node:timers/promises'
import mongoose from 'mongoose'

// Makes a new MongoDB server ready: a replica set of one, and a user for each service who may use its own database and
// nothing else. Changes nothing where it is done already, but for passwords that have been changed. Waits for a server
// that is not there yet.
//   MONGO_URL       with the credentials of the administrator
//   MONGO_HOST      host:port by which others reach the server
//   MONGO_PASSWORD  of the services' users

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

async function makeReady(url: string, host: string, password: string) {
  const client = new mongoose.mongo.MongoClient(url, { serverSelectionTimeoutMS: 2_000 })
  try {
    const admin = client.db('admin')
    await initiate(admin, host)
    await untilPrimary(admin)
    for (const name of DATABASES) await saveUser(client.db(`chat_${name}`), name, password)
  } finally {
    await client.close()
  }
}

const { MONGO_URL = '', MONGO_HOST = '', MONGO_PASSWORD = '' } = process.env
for (const deadline = Date.now() + DEADLINE_MS; ; await delay(PAUSE_MS)) {
  try {
    await makeReady(MONGO_URL, MONGO_HOST, MONGO_PASSWORD)
    print('MongoDB is ready')
    break
  } catch (error) {
    if (Date.now() > deadline) throw error
    print(`not yet: ${(error as Error).message}`)
  }
}
