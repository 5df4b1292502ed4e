// npm run backup -- <folder> [--no-files]: writes everything that the stack keeps into a new folder. The stack may be in
// use. Without files where S3 is backed up by its own means.
import { parseArgs } from 'node:util'
import { runningUrls } from '@chat/engines'
import { takeBackup } from '@chat/operations'
import { readConfig } from '@chat/service'

const print = (line: string) => process.stdout.write(`${line}\n`)

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'no-files': { type: 'boolean', default: false } },
  })
  const [folder] = positionals
  if (!folder) throw new Error('Where to? npm run backup -- <folder> [--no-files]')
  const { dataDir, s3 } = readConfig(process.env, true)
  const urls = await runningUrls(dataDir, process.env)
  const stores = { ...urls, bucket: s3.bucket, root: 'chat' }
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
