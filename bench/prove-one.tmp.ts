import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngines } from '@chat/engines'
import { startTestStack } from '@chat/testing'
import { MongoClient } from 'mongodb'
import { proveExports } from './proofs/exports.ts'
import { type Ground, Verdicts } from './proofs/proof.ts'
import { print } from './report.ts'
import { runScript } from './script.ts'

await runScript(async (scope, signal) => {
  const dataDir = await scope.use('data', mkdtemp(join(tmpdir(), 'chat-prove-')), (folder) =>
    rm(folder, { recursive: true, force: true }),
  )
  const starting = startEngines({ dataDir, env: process.env, log: print, signal })
  const { urls } = await scope.use('engines', starting, (engines) => engines.close())
  const stack = await scope.use('stack', startTestStack({ engines: urls, instances: { files: 0 } }), (s) =>
    s.close(),
  )
  const mongo = await scope.use('mongo', new MongoClient(urls.mongoUrl).connect(), (m) => m.close())
  const ground: Ground = { stack, mongo, verdicts: new Verdicts() }
  print('Proving what holds for large data: some minutes')
  for (const prove of [proveExports]) {
    try {
      await prove(ground)
    } catch (error) {
      ground.verdicts.claim(prove.name, false, (error as Error).message)
    }
  }
  return ground.verdicts.hold
})
