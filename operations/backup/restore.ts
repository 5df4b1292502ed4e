import { type Bus, type Connection, openBucket, openMongo, removeStream } from '@chat/service'
import { load } from './documents.ts'
import { requireIntact } from './integrity.ts'
import { collectionFile, databases, type Manifest, readManifest, type Stores } from './layout.ts'
import { repairMemberCounts } from './member-counts.ts'
import { beginEpoch } from './new-epoch.ts'
import { uploadObjects } from './objects.ts'

type Options = { stores: Stores; bus: Bus; folder: string; log: (line: string) => void }

/**
 * Restores a backup into empty stores. The event stream belongs to the old data and is removed; the services create it
 * again, and publish what was stored while the backup was taken. The restored data are a new epoch.
 * @throws before anything is written if the stores are in use or not empty, or the backup is damaged
 */
export async function restoreBackup({ stores, bus, folder, log }: Options): Promise<Manifest> {
  const manifest = await readManifest(folder)
  await requireIntact(folder, manifest)
  await requireStopped(bus)
  const connection = await openMongo(stores.mongoUrl, `${stores.root}_rooms`)
  try {
    await requireEmpty(connection, stores.root)
    const databaseOf = (name: string) => connection.getClient().db(`${stores.root}_${name}`)
    await removeStream(bus)
    for (const [place, expected] of Object.entries(manifest.documents)) {
      const [name, collection] = place.split('/') as [string, string]
      const target = databaseOf(name).collection(collection)
      const count = await load(collectionFile(folder, place), target)
      if (count !== expected) throw new Error(`${place} should have ${expected} documents, and has ${count}`)
      log(`${place}: ${count}`)
    }
    if (!manifest.isSnapshot)
      log(`numbers of members set right: ${await repairMemberCounts(databaseOf('rooms'))}`)
    await beginEpoch(new Date(manifest.startedAt), databaseOf)
  } finally {
    await connection.close()
  }
  if (manifest.objects) log(`files: ${await restoreObjects(stores, folder)}`)
  return manifest
}

/** Does what else a restore does to stores that other tools have filled with a copy, which was begun at `startedAt`. */
export async function adoptCopy({
  stores,
  bus,
  startedAt,
}: Pick<Options, 'stores' | 'bus'> & { startedAt: Date }) {
  await requireStopped(bus)
  const connection = await openMongo(stores.mongoUrl, `${stores.root}_rooms`)
  try {
    await removeStream(bus)
    await beginEpoch(startedAt, (name) => connection.getClient().db(`${stores.root}_${name}`))
  } finally {
    await connection.close()
  }
}

async function requireStopped(bus: Bus) {
  const caller = { userId: '', requestId: crypto.randomUUID() }
  const isAnswered = await bus.ask('listRoomIds', caller, {}).then(
    () => true,
    ({ code }: { code?: string }) => code !== 'SERVICE_UNAVAILABLE',
  )
  if (isAnswered) throw new Error('The services are running: stop them first')
}

async function requireEmpty(connection: Connection, root: string) {
  for (const name of databases) {
    const database = connection.getClient().db(`${root}_${name}`)
    for (const collection of await database.listCollections({}, { nameOnly: true }).toArray())
      if (await database.collection(collection.name).findOne())
        throw new Error(`${root}_${name}.${collection.name} is not empty: restore into an empty store`)
  }
}

async function restoreObjects({ s3Url, bucket }: Stores, folder: string): Promise<number> {
  const target = await openBucket({ url: s3Url, bucket })
  try {
    return await uploadObjects(folder, target)
  } finally {
    target.close()
  }
}
