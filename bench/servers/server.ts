import { setTimeout as delay } from 'node:timers/promises'
import type { RoomPlan } from '../load/crowd.ts'

export type Engines = { natsUrl: string; mongoUrl: string; s3Url: string }
export type Size = { rooms: number; members: number }
/** In bytes. */
export type Memory = { rss: number; live: number }

/** What the product and the floor both answer. */
export type Server = {
  /** `database` is null where nothing is stored. */
  start: (engines: Engines) => Promise<{ url: string; database: string | null }>
  makeRooms: (size: Size) => Promise<RoomPlan[]>
  memory: (input: null) => Promise<Memory>
}

/** After collecting garbage; needs --expose-gc. */
export async function readMemory(): Promise<Memory> {
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.()
    await delay(100)
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, live: heapUsed + external }
}
