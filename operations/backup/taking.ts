import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { openBucket, openMongo } from '@chat/service'
import type { mongo } from 'mongoose'
import { dump } from './documents.ts'
import {
  collectionFile,
  type DatabaseName,
  databases,
  first,
  type Manifest,
  manifestFile,
  type Stores,
  skipped,
} from './layout.ts'
import { copyOut } from './objects.ts'

type Options = { stores: Stores; folder: string; withFiles?: boolean; log: (line: string) => void }

/**
 * Writes everything that a stack keeps into a folder, while the stack is in use. The manifest is written last: a folder
 * without one holds no backup.
 * @throws where the folder is not empty
 */
export async function takeBackup({ stores, folder, withFiles = true, log }: Options): Promise<Manifest> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty`)
  const startedAt = new Date().toISOString()
  const { documents, isSnapshot } = await dumpAll(stores, folder, log)
  const objects = withFiles ? await copyObjects(stores, folder) : null
  if (objects) log(`files: ${objects.count}`)
  const finishedAt = new Date().toISOString()
  const manifest: Manifest = { version: 1, startedAt, finishedAt, isSnapshot, documents, objects }
  await writeFile(manifestFile(folder), `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}

async function dumpAll({ mongoUrl, root }: Stores, folder: string, log: (line: string) => void) {
  const connection = await openMongo(mongoUrl, `${root}_rooms`)
  const client = connection.getClient()
  const session = await snapshotOf(client, root)
  const documents: Record<string, number> = {}
  try {
    for (const name of databases) {
      const database = client.db(`${root}_${name}`)
      for (const collection of await collectionsOf(database, name)) {
        const place = `${name}/${collection}`
        documents[place] = await dump(database.collection(collection), collectionFile(folder, place), session)
        log(`${place}: ${documents[place]}`)
      }
    }
    return { documents, isSnapshot: session !== undefined }
  } finally {
    await session?.endSession()
    await connection.close()
  }
}

/** Shows every database as of one moment; undefined where the server cannot do that. */
async function snapshotOf(client: mongo.MongoClient, root: string): Promise<mongo.ClientSession | undefined> {
  const scratch = client.db(`${root}_backup`)
  const probe = scratch.collection('probe')
  const session = client.startSession({ snapshot: true })
  try {
    await probe.insertOne({ at: 'before' })
    const before = await probe.find({}, { session }).toArray()
    await probe.insertOne({ at: 'after' })
    const after = await probe.find({}, { session }).toArray()
    // Some servers take the question for a snapshot, and show what is there now.
    if (before.length === after.length) return session
  } catch {
    // Others refuse it.
  } finally {
    await scratch.dropDatabase()
  }
  await session.endSession()
  return undefined
}

async function collectionsOf(database: mongo.Db, name: DatabaseName): Promise<string[]> {
  const listed = await database.listCollections({}, { nameOnly: true }).toArray()
  const kept = listed
    .map((collection) => collection.name)
    .filter((collection) => !collection.startsWith('system.') && !skipped[name]?.includes(collection))
  const order = first[name] ?? []
  return [...order.filter((each) => kept.includes(each)), ...kept.filter((each) => !order.includes(each))]
}

async function copyObjects({ s3Url, bucket }: Stores, folder: string) {
  const source = await openBucket({ url: s3Url, bucket })
  try {
    return await copyOut(source, folder)
  } finally {
    source.close()
  }
}
