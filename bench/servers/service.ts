import { lowerPriority } from '@chat/service'
import { type Alone, type Place, startAlone } from '@chat/stack/process'
import { answerParent } from '../child.ts'
import type { Memory } from './server.ts'

export type ServiceProcess = {
  /** @returns the port it listens on; null where it listens on none */
  start: (input: { service: Alone; place: Place }) => Promise<number | null>
  /** The most memory that was in use since it was last asked, and that the process has ever held. */
  peak: (input: null) => Promise<Memory>
}

const SAMPLE_MS = 1_000
let live = 0
let running: Awaited<ReturnType<typeof startAlone>> | undefined

/** One service alone, so that its memory can be told from everybody else's. What is in use needs --expose-gc. */
const server: ServiceProcess = {
  start: async ({ service, place }) => {
    if (service === 'files') lowerPriority()
    running = await startAlone(service, place)
    return running.port
  },
  peak: async () => {
    const peak = Math.max(live, sample())
    live = 0
    // In kilobytes, as getrusage(2) tells it.
    return { live: peak, rss: process.resourceUsage().maxRSS * 1024 }
  },
}

/** Without what waits to be collected: how much that is, is for the engine to choose. */
function sample(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
setInterval(() => {
  live = Math.max(live, sample())
}, SAMPLE_MS)

answerParent(server, async () => running?.close())
