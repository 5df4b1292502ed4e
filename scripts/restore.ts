// npm run restore -- <folder>: puts a backup into empty stores, with the services stopped. Then start them, and
// `npm run admin -- recount --all`.
import { startEngines } from '@chat/engines'
import { restoreBackup } from '@chat/operations'
import { createLogger, Metrics, openAll, openBus, readConfig } from '@chat/service'

const print = (line: string) => process.stdout.write(`${line}\n`)

try {
  const [folder] = process.argv.slice(2)
  if (!folder) throw new Error('Where from? npm run restore -- <folder>')
  const { dataDir, s3, limits, logLevel } = readConfig(process.env, true)
  const restoring = await openAll(async (scope) => {
    const starting = startEngines({ dataDir, env: process.env, log: print })
    const { urls } = await scope.use('engines', starting, (engines) => engines.close())
    const opening = openBus({
      ...{ natsUrl: urls.natsUrl, name: 'restore', logger: createLogger(logLevel), metrics: new Metrics() },
      requestTimeoutMs: limits.requestTimeoutMs,
    })
    const bus = await scope.use('nats', opening, (opened) => opened.close())
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
