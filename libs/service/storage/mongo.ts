import mongoose, { type Connection } from 'mongoose'
import { traceCommands } from '../telemetry/mongo-traces.ts'
import { isTracing } from '../telemetry/tracing.ts'
import { type Database, mongoDatabase } from './database.ts'
import { developmentDatabase } from './development-database.ts'

export type { Connection }

/** How long an engine that is there and does not answer yet is waited for. */
const PATIENCE_MS = 6_000

/**
 * A service's own database. Writes that an ack depends on are on disk and on a majority first.
 * @param url mongodb://…; its database name, if any, is replaced by `name`
 * @throws Error saying what to check, where no server of the URL answers
 */
export async function openMongo(url: string, name: string): Promise<Connection> {
  const connection = mongoose.createConnection()
  const open = () =>
    connection.openUri(url, {
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
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    try {
      await open()
      break
    } catch (cause) {
      if (!isUnanswered(cause)) throw cause
      if (Date.now() < deadline) continue
      throw new Error(
        `MongoDB at ${hostsOf(url)} cannot be reached (${cause.message}): check CHAT_MONGO_URL`,
        {
          cause,
        },
      )
    }
  }
  if (isTracing()) traceCommands(connection.getClient())
  return connection
}

const isUnanswered = (error: unknown): error is Error =>
  error instanceof mongoose.Error.MongooseServerSelectionError

/** The servers that a URL names, without who signs in to them; it may name several, which `URL` does not read. */
const hostsOf = (url: string) => url.replace(/^[^/]*\/\/(.*@)?/, '').replace(/[/?].*$/, '')

export const pingMongo = (connection: Connection) =>
  connection.db?.admin().ping() ?? Promise.reject(new Error('not connected'))

/** How this server's data is best read and written, by what the server says it is. */
export async function databaseOf(connection: Connection): Promise<Database> {
  const info = await connection.db?.admin().command({ buildInfo: 1 })
  return info?.secantusVersion ? developmentDatabase : mongoDatabase
}

/** Creates collections and indexes that are missing. Run by every instance at its start: it changes nothing twice. */
export async function ensureIndexes(connection: Connection) {
  for (const model of Object.values(connection.models)) await model.createIndexes()
}

/** Whether a unique key was there already. */
export const isDuplicate = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 11000
