import { start } from '@chat/files'
import { type Config, createLogger, Metrics, openBus } from '@chat/service'
import { answerParent } from '../child.ts'

export type FilesProcess = {
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

/** The files service alone, so that its memory can be told from everybody else's. */
const files: FilesProcess = {
  start: async ({ config, root, natsUrl, mongoUrl, s3Url }) => {
    const logger = createLogger('error')
    const metrics = new Metrics()
    service = await start({
      ...{ config, mongoUrl, s3Url, logger, metrics },
      database: `${root}_files`,
      openBus: () =>
        openBus({
          natsUrl,
          name: 'files',
          root,
          logger,
          metrics,
          requestTimeoutMs: config.limits.requestTimeoutMs,
        }),
    })
    return null
  },
  // In kilobytes, as getrusage(2) tells it.
  peak: async () => process.resourceUsage().maxRSS * 1024,
}

answerParent(files, async () => service?.close())
