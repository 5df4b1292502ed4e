import type { Program, Site } from '../engine.ts'
import { cargoInstall } from '../obtain/recipes.ts'
import { ping } from './mongod.ts'

const version = '0.5.3-beta.196'

/** A single-node server with MongoDB's wire protocol, which can be built from a package registry. */
export const secantus: Program = {
  command: 'secantusd-rs',
  data: 'secantus',
  cached: { folder: `mongodb-secantus-${version}`, file: 'bin/secantusd-rs' },
  build: cargoInstall('secantus-mdb', version, 'bin/secantusd-rs', 'about seven minutes on two cores, once'),
  prepare: async ({ folder, port }: Site) => ({
    args: [
      ...['--host', '127.0.0.1', '--port', String(port), '--storage-path', folder],
      // Without it, a write with `j: true` is acknowledged before it is on disk.
      '--sync-on-commit',
      // A log file takes its full size on disk from the start; the cache takes what it needs.
      ...['--log-file-max', '32MB', '--cache-size', '512M'],
    ],
    url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
  }),
  answers: ping,
}
