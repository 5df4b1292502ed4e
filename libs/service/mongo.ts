import mongoose, { type Connection } from 'mongoose'
import { traceCommands } from './mongo-traces.ts'
import { isTracing } from './tracing.ts'

export type { Connection }

/**
 * A service's own database. Writes that an ack depends on are on disk and on a majority first.
 * @param url mongodb://…; its database name, if any, is replaced by `name`
 */
export async function openMongo(url: string, name: string): Promise<Connection> {
  const connection = mongoose.createConnection(url, {
    dbName: name,
    autoIndex: false,
    autoCreate: false,
    bufferCommands: false,
    serverSelectionTimeoutMS: 1_500,
    connectTimeoutMS: 2_000,
    socketTimeoutMS: 20_000,
    maxPoolSize: 20,
    w: 'majority',
    journal: true,
    monitorCommands: isTracing(),
  })
  await connection.asPromise()
  if (isTracing()) traceCommands(connection.getClient())
  return connection
}

export const pingMongo = (connection: Connection) =>
  connection.db?.admin().ping() ?? Promise.reject(new Error('not connected'))

/** Creates collections and indexes that are missing. Run by every instance at its start: it changes nothing twice. */
export async function ensureIndexes(connection: Connection) {
  for (const model of Object.values(connection.models)) await model.createIndexes()
}

/** Whether a unique key was there already. */
export const isDuplicate = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 11000
