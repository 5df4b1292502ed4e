type Database = {
  collection: (name: string) => { updateOne: (filter: never, update: never) => Promise<unknown> }
}

/** Enters an instance into a service's outbox that stores from `storedAt` on and is gone already. @returns `storedAt` */
export async function enterDeadWriter(database: Database, storedAt = new Date()): Promise<Date> {
  const writer = { id: crypto.randomUUID(), beat: 1, settledUntil: storedAt.getTime() - 1 }
  const change = { $push: { writers: writer }, $inc: { version: 1 } }
  await database.collection('outbox').updateOne({ _id: 'outbox' } as never, change as never)
  return storedAt
}
