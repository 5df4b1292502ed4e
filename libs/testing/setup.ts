import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngines } from '@chat/engines'
import { natsUsers } from './nats-users.ts'

/** Runs engines in containers if `CHAT_TEST_ENGINES` is `docker`, otherwise as `npm start` does. */
async function start(dataDir: string) {
  if (process.env.CHAT_TEST_ENGINES === 'docker') return (await import('./containers.ts')).startContainers()
  const print = (line: string) => process.stdout.write(`${line}\n`)
  return startEngines({ dataDir, env: process.env, log: print, natsUsers })
}
export type RunEngines = Awaited<ReturnType<typeof start>>

/** One set of engines for the whole run. Workers get their URLs from the environment. */
export default async function setup() {
  const dataDir = await mkdtemp(join(tmpdir(), 'chat-test-'))
  const engines = await start(dataDir)
  process.env.CHAT_TEST_NATS_URL = engines.urls.natsUrl
  // A NATS server that was not started here may have other users.
  if (engines.urls.natsUrl !== process.env.CHAT_NATS_URL) process.env.CHAT_TEST_NATS_USERS = 'on'
  process.env.CHAT_TEST_MONGO_URL = engines.urls.mongoUrl
  process.env.CHAT_TEST_S3_URL = engines.urls.s3Url
  const shared = globalThis as { chatEngines?: { engines: RunEngines; dataDir: string } }
  shared.chatEngines = { engines, dataDir }
}
