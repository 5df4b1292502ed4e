// npm run restore -- <folder>: loads a backup into empty stores while the services are stopped. Then start them, and
// run `npm run admin -- recount --all`.
import { createLogger, createMetrics, openAll, openBus, type Scope } from '@chat/service'
import { type Config, readConfig } from '@chat/stack/config'
import { restoreBackup } from '../operations/backup/restore.ts'

/** Starts stores on this machine if none are configured. Images for containers have no engines and configure all. */
async function urlsOf({ dataDir, natsUrl, mongoUrl, s3 }: Config, scope: Scope) {
  if (natsUrl && mongoUrl && s3.url) return { natsUrl, mongoUrl, s3Url: s3.url }
  const { startEngines } = await import('@chat/engines')
  const starting = startEngines({ dataDir, env: process.env, log: print })
  return (await scope.use('engines', starting)).urls
}

const print = (line: string) => process.stdout.write(`${line}\n`)

try {
  const [folder] = process.argv.slice(2)
  if (!folder) throw new Error('Where from? npm run restore -- <folder>')
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
    await restoreBackup({ stores, bus, folder, log: print })
    return {}
  })
  await restoring.close()
  print('restored; start the services, then npm run admin -- recount --all')
  process.exit(0)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}
