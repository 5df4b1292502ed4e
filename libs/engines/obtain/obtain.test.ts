import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { engines } from '../engines.ts'
import { secantus } from '../programs/mongo.ts'
import { obtain } from './obtain.ts'

test('without binaries and toolchains, one message names every engine and three ways to get them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chat-obtain-'))
  // Without the downloadable program, so that the result does not depend on the network.
  const wanted = engines.map((engine) =>
    engine.name === 'mongo' ? { ...engine, programs: [secantus] } : engine,
  )
  const env = { PATH: '', XDG_CACHE_HOME: folder }
  const failure = await obtain(wanted, { dataDir: folder, env, log: () => {} }).catch((error: Error) => error)
  await rm(folder, { recursive: true })

  expect(failure).toBeInstanceOf(Error)
  const { message } = failure as Error
  expect(message).toContain('There is no NATS, MongoDB, S3 to start')
  expect(message).toContain(
    '(nats-server, secantusd-rs, versitygw), or install Go (https://go.dev/dl) and Rust',
  )
  expect(message).toContain('CHAT_NATS_URL, CHAT_MONGO_URL, CHAT_S3_URL')
  expect(message).toContain('docker compose up')
})
