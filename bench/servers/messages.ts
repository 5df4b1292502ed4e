import { start } from '@chat/messages'
import { type Config, createLogger, Metrics, openBus } from '@chat/service'
import { answerParent } from '../child.ts'
import type { Memory } from './server.ts'

export type MessagesProcess = {
  start: (place: {
    config: Config
    root: string
    natsUrl: string
    mongoUrl: string
    s3Url: string
  }) => Promise<null>
  /** The most memory that was in use since it was last asked, and that the process has ever held. */
  peak: (input: null) => Promise<Memory>
}

const SAMPLE_MS = 1_000
let live = 0
let service: Awaited<ReturnType<typeof start>> | undefined

/** The messages service alone, so that its memory can be told from everybody else's; needs --expose-gc. */
const messages: MessagesProcess = {
  start: async ({ config, root, natsUrl, mongoUrl, s3Url }) => {
    const logger = createLogger('error')
    const metrics = new Metrics()
    const { requestTimeoutMs } = config.limits
    service = await start({
      ...{ config, mongoUrl, s3Url, logger, metrics },
      database: `${root}_messages`,
      openBus: () => openBus({ natsUrl, name: 'messages', root, logger, metrics, requestTimeoutMs }),
    })
    return null
  },
  peak: async () => {
    const peak = Math.max(live, sample())
    live = 0
    // In kilobytes, as getrusage(2) tells it.
    return { live: peak, rss: process.resourceUsage().maxRSS * 1024 }
  },
}

/** What is in use, without what waits to be collected: how much that is, is for the engine to choose. */
function sample(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
setInterval(() => {
  live = Math.max(live, sample())
}, SAMPLE_MS)

answerParent(messages, async () => service?.close())
