import { restoredState } from '@chat/service'
import type { mongo } from 'mongoose'
import { type DatabaseName, searchIndex } from './layout.ts'

/** Longer than a write takes to arrive, and than clocks differ. */
const MARGIN_MS = 60_000
/** Collections of versions that stored no time, by database. Their documents tell when they were made. */
const timeless: Partial<Record<DatabaseName, string[]>> = { messages: ['messages', 'changes'] }
const withOutbox: DatabaseName[] = ['messages', 'rooms']

/**
 * Begins a new epoch of restored data, since their numbers will be given again: clients start again what they have
 * cached. What was stored while the backup was taken, and is not in all parts of it, is published again at the start. A
 * copied search index is dropped, so that it is made anew.
 * @param startedAt when the backup was begun
 */
export async function beginEpoch(startedAt: Date, databaseOf: (name: DatabaseName) => mongo.Db) {
  const from = startedAt.getTime() - MARGIN_MS
  const epoch = crypto.randomUUID()
  for (const name of withOutbox) {
    const database = databaseOf(name)
    for (const collection of timeless[name] ?? []) await addStoredTimes(database.collection(collection), from)
    const outbox = database.collection<{ _id: string }>('outbox')
    await outbox.deleteMany({})
    await outbox.insertOne(restoredState(epoch, from))
  }
  for (const name of searchIndex) await databaseOf('messages').dropCollection(name)
}

async function addStoredTimes(collection: mongo.Collection, from: number) {
  const filter = { storedAt: { $exists: false }, createdAt: { $gte: new Date(from) } }
  const found = collection.find(filter, { projection: { createdAt: 1 } })
  for await (const { _id, createdAt } of found)
    await collection.updateOne({ _id }, { $set: { storedAt: createdAt } })
}
