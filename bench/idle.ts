import { Rig } from './measure.ts'
import type { Engines } from './servers/server.ts'

export type Idle = { rssMiB: number; liveMiB: number; problems: string[] }

const MIB = 1024 * 1024
const THOUSAND = { rooms: 100, members: 10 }

/**
 * How much memory 1,000 connected users, each with one room open, add to the server's process. Measured with the
 * second thousand: the first also loads what any number of users needs.
 */
export async function measureIdle(system: 'product' | 'floor', engines: Engines): Promise<Idle> {
  const rig = await new Rig(system, engines, { execArgv: ['--expose-gc'] }).start()
  try {
    const more = await rig.server.ask('makeRooms', THOUSAND)
    const [[before, after], problems] = await rig.withCrowd(THOUSAND, async () => {
      const before = await rig.server.ask('memory', null)
      await rig.connect(more)
      return [before, await rig.server.ask('memory', null)] as const
    })
    const grown = { rssMiB: (after.rss - before.rss) / MIB, liveMiB: (after.live - before.live) / MIB }
    return { ...grown, problems }
  } finally {
    await rig.close()
  }
}
