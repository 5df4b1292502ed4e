import { type Bus, type Connection, openBucket, openMongo, removeStream } from '@chat/service'
import { mendMemberCounts } from './counts.ts'
import { load } from './documents.ts'
import { collectionFile, databases, type Manifest, readManifest, type Stores } from './layout.ts'
import { copyIn } from './objects.ts'
import { requireWhole } from './wholeness.ts'

type Options = { stores: Stores; bus: Bus; folder: string; log: (line: string) => void }

/**
 * Puts a backup into empty stores. What the event stream holds belongs to what was there before, and goes; services
 * make it anew. A recount afterwards brings together what was read at different moments.
 * @throws before anything is written: where the stores are in use or not empty, or the backup is not whole
 */
export async function restoreBackup({ stores, bus, folder, log }: Options): Promise<Manifest> {
  const manifest = await readManifest(folder)
  await requireWhole(folder, manifest)
  await requireStopped(bus)
  const connection = await openMongo(stores.mongoUrl, `${stores.root}_rooms`)
  try {
    await requireEmpty(connection, stores.root)
    await removeStream(bus)
    for (const [place, expected] of Object.entries(manifest.documents)) {
      const [name, collection] = place.split('/') as [string, string]
      const target = connection.getClient().db(`${stores.root}_${name}`).collection(collection)
      const count = await load(collectionFile(folder, place), target)
      if (count !== expected) throw new Error(`${place} should have ${expected} documents, and has ${count}`)
      log(`${place}: ${count}`)
    }
    const rooms = connection.getClient().db(`${stores.root}_rooms`)
    if (!manifest.isSnapshot) log(`numbers of members set right: ${await mendMemberCounts(rooms)}`)
  } finally {
    await connection.close()
  }
  if (manifest.objects) log(`files: ${await restoreObjects(stores, folder)}`)
  return manifest
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
    return await copyIn(folder, target)
  } finally {
    target.close()
  }
}
