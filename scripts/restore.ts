// npm run restore -- <folder>: loads a backup into empty stores while the services are stopped. Then start them, and
// run `npm run admin -- recount --all`. With --copied <time> the stores were restored by other tools, from a copy that
// was begun then.
import { parseArgs } from 'node:util'
import { createLogger, createMetrics, openAll, openBus, type Scope } from '@chat/service'
import { type Config, readConfig } from '@chat/stack/config'
import { adoptCopy, restoreBackup } from '../operations/backup/restore.ts'

/** Starts stores on this machine if none are configured. Images for containers have no engines and configure all. */
async function urlsOf({ dataDir, natsUrl, mongoUrl, s3 }: Config, scope: Scope) {
  if (natsUrl && mongoUrl && s3.url) return { natsUrl, mongoUrl, s3Url: s3.url }
  const { startEngines } = await import('@chat/engines')
  const starting = startEngines({ dataDir, env: process.env, log: print })
  return (await scope.use('engines', starting)).urls
}

const print = (line: string) => process.stdout.write(`${line}\n`)

try {
  const options = { copied: { type: 'string' } } as const
  const { positionals, values } = parseArgs({ allowPositionals: true, options })
  const [folder] = positionals
  const copiedAt = Date.parse(values.copied ?? '')
  if (values.copied && !(copiedAt <= Date.now()))
    throw new Error('When was the copy begun? --copied 2026-01-31T02:00Z')
  if (!folder && !values.copied) throw new Error('Where from? npm run restore -- <folder>')
  const config = readConfig(process.env, true)
  const { s3, limits, logLevel } = config
  const restoring = await openAll(async (scope) => {
    const urls = await urlsOf(config, scope)
    const opening = openBus({
      natsUrl: urls.natsUrl,
      name: 'restore',
      logger: createLogger(logLevel),
      metrics: createMetrics(),
      requestTimeoutMs: limits.requestTimeoutMs,
    })
    const bus = await scope.use('nats', opening)
    const stores = { ...urls, bucket: s3.bucket, root: 'chat' }
    if (folder) await restoreBackup({ stores, bus, folder, log: print })
    else await adoptCopy({ stores, bus, startedAt: new Date(copiedAt) })
    return {}
  })
  await restoring.close()
  print('restored; start the services, then npm run admin -- recount --all')
  process.exit(0)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}
