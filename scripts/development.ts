import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type DevelopmentKeys = { jwtSecret: string; apiKey: string }

/** A secret and an API key for development. Generated once, kept in the data folder, readable by its owner only. */
export async function developmentKeys(dataDir: string): Promise<DevelopmentKeys> {
  const file = join(dataDir, 'development.json')
  try {
    return JSON.parse(await readFile(file, 'utf8')) as DevelopmentKeys
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Error(`${file} cannot be read: delete it to get new keys`, { cause: error })
  }
  const keys = {
    jwtSecret: randomBytes(32).toString('base64url'),
    apiKey: `dev-${randomBytes(18).toString('base64url')}`,
  }
  await mkdir(dataDir, { recursive: true })
  await writeFile(file, JSON.stringify(keys, null, 2), { mode: 0o600 })
  return keys
}
