import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engines, startEngines } from '@chat/engines'

/** One set of engines for the whole run; workers find them by the environment. */
export default async function setup() {
  const dataDir = await mkdtemp(join(tmpdir(), 'chat-test-'))
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const engines = await startEngines({ dataDir, env: process.env, log: print })
  process.env.CHAT_TEST_NATS_URL = engines.urls.natsUrl
  process.env.CHAT_TEST_MONGO_URL = engines.urls.mongoUrl
  process.env.CHAT_TEST_S3_URL = engines.urls.s3Url
  const shared = globalThis as { chatEngines?: { engines: Engines; dataDir: string } }
  shared.chatEngines = { engines, dataDir }
}
