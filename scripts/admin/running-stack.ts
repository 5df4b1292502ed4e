import { readRecord, recordFile } from '@chat/engines'
import { type Config, createLogger, Metrics, openBus, readConfig } from '@chat/service'

/** The configured server, or the local one of a stack that runs from the data folder. */
function natsUrlOf({ natsUrl, dataDir }: Config): string {
  const port = readRecord(recordFile(dataDir, 'nats'))?.port
  const url = natsUrl ?? (port === undefined ? null : `nats://127.0.0.1:${port}`)
  if (url === null) throw new Error('There is no stack here: start it with npm start, or set CHAT_NATS_URL')
  return url
}

/** The bus of the stack that runs here, or where `CHAT_NATS_URL` says. It logs nothing: the output is an answer. */
export async function openRunningBus() {
  const config = readConfig(process.env, true)
  return openBus({
    natsUrl: natsUrlOf(config),
    name: 'admin',
    logger: createLogger('silent'),
    metrics: new Metrics(),
    requestTimeoutMs: config.limits.requestTimeoutMs,
  })
}
