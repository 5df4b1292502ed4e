import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A stack's stores. `root` is the prefix of its databases. */
export type Stores = { mongoUrl: string; s3Url: string; bucket: string; root: string }

/**
 * In the order in which they are read. Without a snapshot, a document is read before those it refers to: rooms before
 * messages, messages before files, and the files' bytes last.
 */
export const databases = ['rooms', 'messages', 'files', 'push', 'platform'] as const
export type DatabaseName = (typeof databases)[number]

/** Collections that are read first in their database, for the same reason. */
export const first: Partial<Record<DatabaseName, string[]>> = {
  rooms: ['rooms', 'members'],
  messages: ['changes'],
}
/**
 * The search index, which is made anew from the messages. Parts of it that were read one after the other would not fit
 * together. `search` and `searchPeriods` are those of older versions.
 */
export const searchIndex = [
  ...['searchSegments', 'searchParts', 'searchRemovals', 'searchUpgrade'],
  ...['search', 'searchPeriods'],
]
/** Not backed up: unfinished uploads and exports, which cannot continue in another stack, and what can be made anew. */
export const skipped: Partial<Record<DatabaseName, string[]>> = {
  messages: ['exports', 'exportSlots', ...searchIndex],
  files: ['uploads', 'chunks'],
}
export const skippedObjects = 'exports/'

export type Manifest = {
  version: 1
  startedAt: string
  finishedAt: string
  /** Whether all databases were read from one snapshot. */
  isSnapshot: boolean
  /** The number of documents by `<database>/<collection>`. */
  documents: Record<string, number>
  /** Null if files were left out. */
  objects: { count: number; bytes: number } | null
}

export const manifestFile = (folder: string) => join(folder, 'manifest.json')
export const collectionFile = (folder: string, name: string) => join(folder, 'mongo', `${name}.bson.gz`)
export const objectFile = (folder: string, path: string) => join(folder, 'objects', path)

/** @throws if the folder holds no finished backup */
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
