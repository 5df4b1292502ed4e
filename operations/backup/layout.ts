import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where a stack keeps its data. `root` is the prefix of its databases. */
export type Stores = { mongoUrl: string; s3Url: string; bucket: string; root: string }

/**
 * In the order in which they are read. Where the store cannot show all of them as of one moment, what refers is read
 * before what it refers to: rooms before messages, messages before files, and the files' bytes last.
 */
export const databases = ['rooms', 'messages', 'files', 'push', 'platform'] as const
export type DatabaseName = (typeof databases)[number]

/** Read first of their database, for the same reason. */
export const first: Partial<Record<DatabaseName, string[]>> = {
  rooms: ['rooms', 'members'],
  messages: ['search', 'searchPeriods', 'changes'],
}
/** What is under way, and can only go on where it began: uploads and exports are begun anew. */
export const skipped: Partial<Record<DatabaseName, string[]>> = {
  messages: ['exports', 'exportSlots'],
  files: ['uploads', 'chunks'],
}
export const skippedObjects = 'exports/'

export type Manifest = {
  version: 1
  startedAt: string
  finishedAt: string
  /** Whether all databases were read as they were in one moment. */
  isSnapshot: boolean
  /** How many documents, by `<database>/<collection>`. */
  documents: Record<string, number>
  /** Null where files were left out. */
  objects: { count: number; bytes: number } | null
}

export const manifestFile = (folder: string) => join(folder, 'manifest.json')
export const collectionFile = (folder: string, name: string) => join(folder, 'mongo', `${name}.bson.gz`)
export const objectFile = (folder: string, path: string) => join(folder, 'objects', path)

/** @throws where there is no finished backup */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(manifestFile(folder), 'utf8').catch(() => {
    throw new Error(`${folder} holds no finished backup: manifest.json is missing`)
  })
  const manifest = parse(text, folder)
  if (manifest.version !== 1) throw new Error(`${folder} was made by another version`)
  return manifest
}

function parse(text: string, folder: string): Manifest {
  try {
    return JSON.parse(text) as Manifest
  } catch (cause) {
    throw new Error(`${manifestFile(folder)} cannot be read: the backup is damaged`, { cause })
  }
}
