import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEngines } from '@chat/engines'
import { startTestStack } from '@chat/testing'
import { MongoClient } from 'mongodb'
import { proveExports } from './proofs/exports.ts'
import { proveLongRoom } from './proofs/long-room.ts'
import { proveManyRooms } from './proofs/many-rooms.ts'
import { provePlatformApi } from './proofs/platform-api.ts'
import { type Ground, Verdicts } from './proofs/proof.ts'
import { proveRecovery } from './proofs/recovery.ts'
import { proveRolling } from './proofs/rolling.ts'
import { proveSearch } from './proofs/search.ts'
import { proveUploads } from './proofs/uploads.ts'
import { print } from './report.ts'
import { runScript } from './script.ts'

const proofs = {
  uploads: proveUploads,
  'many-rooms': proveManyRooms,
  'long-room': proveLongRoom,
  exports: proveExports,
  search: proveSearch,
  'platform-api': provePlatformApi,
  recovery: proveRecovery,
  rolling: proveRolling,
}
const { positionals: chosen } = parseArgs({ allowPositionals: true })
const unknown = chosen.filter((name) => !Object.hasOwn(proofs, name))
if (unknown.length > 0) {
  console.error(`There is no proof named ${unknown.join(', ')}: they are ${Object.keys(proofs).join(', ')}`)
  process.exit(2)
}

await runScript(async (scope, signal) => {
  const dataDir = await scope.use('data', mkdtemp(join(tmpdir(), 'chat-prove-')), (folder) =>
    rm(folder, { recursive: true, force: true }),
  )
  const starting = startEngines({ dataDir, env: process.env, log: print, signal })
  const { urls } = await scope.use('engines', starting)
  const stack = await scope.use('stack', startTestStack({ engines: urls, instances: { files: 0 } }))
  const mongo = await scope.use('mongo', new MongoClient(urls.mongoUrl).connect())
  const ground: Ground = { stack, mongo, verdicts: new Verdicts() }
  print('Proving what holds for large data: some minutes')
  for (const [name, prove] of Object.entries(proofs)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue
    try {
      await prove(ground)
    } catch (error) {
      ground.verdicts.claim(name, false, (error as Error).message)
    }
  }
  return ground.verdicts.hold
})
