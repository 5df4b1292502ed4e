// npm run backup -- <folder> [--no-files]: writes all data of the stack into a new folder. The stack may be in use.
// --no-files is for an S3 with a backup of its own.
import { parseArgs } from 'node:util'
import { readConfig } from '@chat/stack/config'
import { takeBackup } from '../operations/backup/backup.ts'

/** Finds stores on this machine if none are configured. Images for containers have no engines and configure all. */
async function urls(dataDir: string, mongoUrl: string | null, s3Url: string | null) {
  if (mongoUrl !== null && s3Url !== null) return { mongoUrl, s3Url }
  const { runningUrls } = await import('@chat/engines')
  return runningUrls(dataDir, process.env)
}

const print = (line: string) => process.stdout.write(`${line}\n`)

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'no-files': { type: 'boolean', default: false } },
  })
  const [folder] = positionals
  if (!folder) throw new Error('Where to? npm run backup -- <folder> [--no-files]')
  const { dataDir, mongoUrl, s3 } = readConfig(process.env, true)
  const stores = { bucket: s3.bucket, root: 'chat', ...(await urls(dataDir, mongoUrl, s3.url)) }
  const { documents, isSnapshot } = await takeBackup({
    stores,
    folder,
    withFiles: !values['no-files'],
    log: print,
  })
  const count = Object.values(documents).reduce((sum, each) => sum + each, 0)
  print(`backed up ${count} documents, ${isSnapshot ? 'as of one moment' : 'one collection after the other'}`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}
