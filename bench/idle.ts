import { setTimeout as delay } from 'node:timers/promises'
import { Rig, type System } from './measure.ts'
import type { Engines } from './servers/server.ts'

export type Idle = { rssMiB: number; liveMiB: number; problems: string[] }

const MIB = 1024 * 1024
const WARM_UP = { rooms: 10, members: 10 }
const THOUSAND = { rooms: 100, members: 10 }

/** What 1,000 connected users, each with one room open, add to the memory of the server's process. */
export async function measureIdle(system: System, engines: Engines): Promise<Idle> {
  const rig = await new Rig(system, engines, ['--expose-gc']).start()
  try {
    const memory = () => rig.server.ask('memory', null)
    await rig.withCrowd(WARM_UP, () => delay(0))
    const before = await memory()
    const [after, problems] = await rig.withCrowd(THOUSAND, memory)
    const grown = { rssMiB: (after.rss - before.rss) / MIB, liveMiB: (after.live - before.live) / MIB }
    return { ...grown, problems }
  } finally {
    await rig.close()
  }
}
