import mongoose, { type Connection, type IndexDefinition, type IndexOptions, type Model } from 'mongoose'
import { traceCommands } from '../telemetry/mongo-traces.ts'
import { isTracing } from '../telemetry/tracing.ts'
import { type Database, mongoDatabase } from './database.ts'
import { developmentDatabase } from './development-database.ts'

export type { Connection }

const PATIENCE_MS = 6_000

/**
 * Opens the database `name`. Writes are acknowledged on the disks of a majority, and reads return nothing else: what they
 * decide (numbers, repeats, what is published) cannot be rolled back. @throws saying what to check
 */
export async function openMongo(url: string, name: string): Promise<Connection> {
  const connection = mongoose.createConnection()
  const options = {
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
    readConcernLevel: 'majority',
    monitorCommands: isTracing(),
  } as const
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    try {
      await connection.openUri(url, options)
      break
    } catch (cause) {
      if (!isUnanswered(cause)) throw cause
      if (Date.now() < deadline) continue
      const message = `MongoDB at ${hostsOf(url)} cannot be reached (${cause.message}): check CHAT_MONGO_URL`
      throw new Error(message, { cause })
    }
  }
  if (isTracing()) traceCommands(connection.getClient())
  return connection
}

const isUnanswered = (error: unknown): error is Error =>
  error instanceof mongoose.Error.MongooseServerSelectionError

/** The servers of a URL, without credentials. `URL` does not parse several servers. */
const hostsOf = (url: string) => url.replace(/^[^/]*\/\/(.*@)?/, '').replace(/[/?].*$/, '')

export const pingMongo = (connection: Connection) =>
  connection.db?.admin().ping() ?? Promise.reject(new Error('not connected'))

/** How this server's data is best read and written, by what the server says it is. */
export async function databaseOf(connection: Connection): Promise<Database> {
  const info = await connection.db?.admin().command({ buildInfo: 1 })
  return info?.secantusVersion ? developmentDatabase : mongoDatabase
}

export type Index = [fields: IndexDefinition, options?: IndexOptions]

/** A collection. `T` says what the fields are: whoever writes has validated them, and nothing is cast. */
export function modelOf<T>(connection: Connection, collection: string, ...indexes: Index[]): Model<T> {
  const schema = new mongoose.Schema({ _id: {} }, { strict: false, versionKey: false, minimize: false })
  for (const index of indexes) schema.index(...index)
  return connection.model(collection, schema, collection) as unknown as Model<T>
}

/** Creates missing collections and indexes. Every instance runs it when it starts. */
export async function ensureIndexes(connection: Connection) {
  for (const model of Object.values(connection.models)) await model.createIndexes()
}

export const isDuplicate = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 11000
