import { type Bus, createLogger, createMetrics, openBus } from '@chat/service'
import { readConfig } from '@chat/stack/config'

const NONE = 'No stack runs here: start it with npm start, or set CHAT_NATS_URL'

/** The NATS address in a data folder; the server may have stopped. @throws if none was ever started there */
async function localNats(dataDir: string): Promise<string> {
  // Imported here, because images for containers do not include this package.
  const { readRecord, recordFile } = await import('@chat/engines')
  const record = readRecord(recordFile(dataDir, 'nats'))
  if (!record) throw new Error(NONE)
  return `nats://127.0.0.1:${record.port}`
}

/** The bus of the stack at `CHAT_NATS_URL`, or of the stack that uses the data folder. It logs nothing. */
export async function openRunningBus(): Promise<Bus> {
  const { natsUrl, dataDir, limits } = readConfig(process.env, true)
  const opening = openBus({
    natsUrl: natsUrl ?? (await localNats(dataDir)),
    name: 'admin',
    logger: createLogger('silent'),
    metrics: createMetrics(),
    requestTimeoutMs: limits.requestTimeoutMs,
  })
  return opening.catch((cause: Error) => {
    throw natsUrl === null ? new Error(NONE, { cause }) : cause
  })
}
