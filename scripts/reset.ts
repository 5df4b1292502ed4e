// Empties the data folder (CHAT_DATA_DIR, .chat-data by default), unless a running server uses it.
import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { acquireDataDir } from '@chat/engines'

const folder = resolve(process.env.CHAT_DATA_DIR || '.chat-data')
try {
  console.log(await empty(folder))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

async function empty(folder: string): Promise<string> {
  const names = existsSync(folder) ? await readdir(folder) : []
  if (names.length === 0) return `${folder} is empty already`
  // A mistyped CHAT_DATA_DIR must not delete a home folder.
  if (!names.includes('run'))
    throw new Error(`${folder} does not look like a data folder: it has no run/ in it`)
  const release = await acquireDataDir(folder, { waitMs: 0, log: console.log })
  try {
    // The lock is deleted last.
    await Promise.all(
      names.filter((name) => name !== 'run').map((name) => rm(join(folder, name), { recursive: true })),
    )
  } finally {
    await release()
  }
  await rm(join(folder, 'run'), { recursive: true })
  return `${folder} is empty now`
}
