// npm run backup -- <folder> [--no-files]: writes everything that the stack keeps into a new folder. The stack may be in
// use. Without files where S3 is backed up by its own means.
import { parseArgs } from 'node:util'
import { readConfig } from '@chat/stack/config'
import { takeBackup } from '../operations/backup/backup.ts'

/** What is not configured is looked for on this machine; images, where everything is, have no engines. */
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
    ...{ stores, folder, withFiles: !values['no-files'] },
    log: print,
  })
  const count = Object.values(documents).reduce((sum, each) => sum + each, 0)
  print(`backed up ${count} documents, ${isSnapshot ? 'as of one moment' : 'one collection after the other'}`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}
