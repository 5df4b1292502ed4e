import { lowerPriority } from '@chat/service'
import { type Place, type StackService, startStackService } from '@chat/stack/testing'
import { answerParent } from '../child-process.ts'
import type { Memory } from './server.ts'

export type ServiceProcess = {
  /** @returns the port it listens on; null where it listens on none */
  start: (input: { service: StackService; place: Place }) => Promise<number | null>
  /** The peak of `live` since the last call, and of `rss` since the process started. */
  peak: (input: null) => Promise<Memory>
}

const SAMPLE_MS = 1_000
let live = 0
let running: Awaited<ReturnType<typeof startStackService>> | undefined

/** One service in a process of its own, so that its memory can be measured. `live` needs --expose-gc. */
const server: ServiceProcess = {
  start: async ({ service, place }) => {
    if (service === 'files') lowerPriority()
    running = await startStackService(service, place)
    return running.port
  },
  peak: async () => {
    const peak = Math.max(live, sample())
    live = 0
    // In kilobytes, as getrusage(2) tells it.
    return { live: peak, rss: process.resourceUsage().maxRSS * 1024 }
  },
}

/** Memory in use after garbage collection. */
function sample(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
setInterval(() => {
  live = Math.max(live, sample())
}, SAMPLE_MS)

answerParent(server, async () => running?.close())
