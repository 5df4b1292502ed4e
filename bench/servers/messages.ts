import { start } from '@chat/messages'
import { type Config, createLogger, Metrics, openBus } from '@chat/service'
import { answerParent } from '../child.ts'

export type MessagesProcess = {
  start: (place: {
    config: Config
    root: string
    natsUrl: string
    mongoUrl: string
    s3Url: string
  }) => Promise<null>
  /** The most memory that the process has held so far, in bytes. */
  peak: (input: null) => Promise<number>
}

let service: Awaited<ReturnType<typeof start>> | undefined

/** The messages service alone, so that its memory can be told from everybody else's. */
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
  // In kilobytes, as getrusage(2) tells it.
  peak: async () => process.resourceUsage().maxRSS * 1024,
}

answerParent(messages, async () => service?.close())
