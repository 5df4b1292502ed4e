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
import { downloadObjects } from './objects.ts'

type Options = { stores: Stores; folder: string; withFiles?: boolean; log: (line: string) => void }

/**
 * Writes a stack's data into a folder; the stack may be in use. The manifest is written last: a folder without one holds
 * no finished backup.
 * @throws if the folder is not empty
 */
export async function takeBackup({ stores, folder, withFiles = true, log }: Options): Promise<Manifest> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty`)
  const startedAt = new Date().toISOString()
  const { documents, isSnapshot } = await dumpDatabases(stores, folder, log)
  const objects = withFiles ? await copyObjects(stores, folder) : null
  if (objects) log(`files: ${objects.count}`)
  const finishedAt = new Date().toISOString()
  const manifest: Manifest = { version: 1, startedAt, finishedAt, isSnapshot, documents, objects }
  await writeFile(manifestFile(folder), `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}

async function dumpDatabases({ mongoUrl, root }: Stores, folder: string, log: (line: string) => void) {
  const connection = await openMongo(mongoUrl, `${root}_rooms`)
  const client = connection.getClient()
  const session = await openSnapshot(client, root)
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

/** A session that reads every database from one snapshot; undefined if the server does not support that. */
async function openSnapshot(
  client: mongo.MongoClient,
  root: string,
): Promise<mongo.ClientSession | undefined> {
  const scratch = client.db(`${root}_backup`)
  const probe = scratch.collection('probe')
  const session = client.startSession({ snapshot: true })
  try {
    await probe.insertOne({ at: 'before' })
    const before = await probe.find({}, { session }).toArray()
    await probe.insertOne({ at: 'after' })
    const after = await probe.find({}, { session }).toArray()
    // Some servers accept a snapshot session but read the current data.
    if (before.length === after.length) return session
  } catch {
    // Others refuse a snapshot session.
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
    return await downloadObjects(source, folder)
  } finally {
    source.close()
  }
}
